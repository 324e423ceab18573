import "reflect-metadata";
import { createPublicKey, KeyObject, verify, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { DER, type DerValue, readDer } from "./der.ts";

const MAX_PEM_CHARACTERS = 16_384;
/** RFC 7468, section 7; some older tools write NEW. */
const LABEL = /-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Signature algorithms by the hex of their object identifier, with the digest that each names. */
const SIGNATURES: ReadonlyMap<string, { readonly key: string; readonly digest: string | null }> =
  new Map([
    ["2a8648ce3d040302", { key: "ec", digest: "sha256" }],
    ["2a8648ce3d040303", { key: "ec", digest: "sha384" }],
    ["2a8648ce3d040304", { key: "ec", digest: "sha512" }],
    ["2a864886f70d01010b", { key: "rsa", digest: "sha256" }],
    ["2a864886f70d01010c", { key: "rsa", digest: "sha384" }],
    ["2a864886f70d01010d", { key: "rsa", digest: "sha512" }],
    ["2b6570", { key: "ed25519", digest: null }],
  ]);

export type SigningRequestReading =
  /** SubjectPublicKeyInfo, DER, in the one form that this system writes. */
  | { readonly kind: "accepted"; readonly publicKey: Uint8Array }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Reads a PKCS #10 request (RFC 2986) and takes the public key from it, once its signature has
 * proved that the asker holds the private one. Subject, extensions and attributes are not even
 * read: what a certificate says is for the authority to choose. Never throws, whatever the bytes.
 */
export function readSigningRequest(pem: string): SigningRequestReading {
  if (pem.length > MAX_PEM_CHARACTERS) return refused("too long");
  const der = blockOf(pem);
  if (der === null) return refused("no CERTIFICATE REQUEST block in PEM");
  const parts = partsOf(der);
  if (parts === null) return refused("not a PKCS #10 request");

  const algorithm = SIGNATURES.get(parts.algorithm);
  if (algorithm === undefined) return refused("signature algorithm not accepted");
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(parts.publicKey), format: "der", type: "spki" });
  } catch {
    return refused("public key cannot be read");
  }
  const fault = faultOf(key);
  if (fault !== null) return refused(fault);
  if (algorithm.key !== key.asymmetricKeyType) return refused("key and signature do not match");
  try {
    if (!verify(algorithm.digest, parts.signed, key, parts.signature)) {
      return refused("signature does not verify");
    }
    return { kind: "accepted", publicKey: canonical(key) };
  } catch {
    return refused("signature does not verify");
  }
}

/** Makes a P-256 key and a request that it signs. The key is to stay on this machine. */
export async function makeSigningRequest(): Promise<{
  readonly keyPem: string;
  readonly requestPem: string;
}> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=decnet-agent",
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const keyPem = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" });
  return { keyPem: keyPem.toString(), requestPem: `${request.toString("pem")}\n` };
}

/** The first request in `pem`; text before and after it is not minded. */
function blockOf(pem: string): Uint8Array | null {
  const begin = LABEL.exec(pem);
  if (begin === null) return null;
  const start = begin.index + begin[0].length;
  const end = pem.indexOf(`-----END ${begin[1]}-----`, start);
  const base64 = pem.slice(start, Math.max(start, end)).replace(/\s/g, "");
  return BASE64.test(base64) ? Buffer.from(base64, "base64") : null;
}

interface RequestParts {
  /** What the signature covers. */
  readonly signed: Uint8Array;
  readonly publicKey: Uint8Array;
  /** Object identifier's content, hex. */
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** CertificationRequest of RFC 2986, section 4.2, as far as it is used. */
function partsOf(der: Uint8Array): RequestParts | null {
  const [request, ...after] = readDer(der) ?? [];
  if (after.length > 0) return null;
  const [info, algorithm, bits, ...rest] = inside(request);
  if (bits?.tag !== DER.bitString || bits.content[0] !== 0 || rest.length > 0) return null;
  const publicKey = inside(info)[2];
  const identifier = inside(algorithm)[0];
  if (info === undefined || publicKey?.tag !== DER.sequence) return null;
  if (identifier?.tag !== DER.objectIdentifier) return null;
  return {
    signed: info.whole,
    publicKey: publicKey.whole,
    algorithm: Buffer.from(identifier.content).toString("hex"),
    signature: bits.content.subarray(1),
  };
}

function inside(value: DerValue | undefined): readonly DerValue[] {
  return value?.tag === DER.sequence ? (readDer(value.content) ?? []) : [];
}

/** Why a key is not accepted, or null. */
function faultOf(key: KeyObject): string | null {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType;
  if (type === "ed25519") return null;
  if (type === "ec") {
    const accepted = namedCurve === "prime256v1" || namedCurve === "secp384r1";
    return accepted ? null : `curve ${namedCurve ?? "of the request"} not accepted`;
  }
  if (type !== "rsa") return `key type ${type ?? "of the request"} not accepted`;
  // Checked before the signature: a huge key would make verifying it a burden.
  if (modulusLength < 2048) return `RSA key of ${modulusLength} bits is too short`;
  if (modulusLength > 8192) return `RSA key of ${modulusLength} bits is too long`;
  const sane =
    publicExponent >= 65_537n && publicExponent < 2n ** 32n && publicExponent % 2n === 1n;
  return sane ? null : "RSA exponent not accepted";
}

/** The same key without what its encoding left open, such as curve parameters written out. */
function canonical(key: KeyObject): Uint8Array {
  const plain = createPublicKey({ key: key.export({ format: "jwk" }), format: "jwk" });
  return plain.export({ type: "spki", format: "der" });
}

function refused(reason: string): SigningRequestReading {
  return { kind: "refused", reason };
}
