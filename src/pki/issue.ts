import "reflect-metadata";
import { createHash, KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import {
  CLIENT_AUTH,
  fingerprintOf,
  LEAF_BACKDATE_MS,
  MASTER_NAME,
  ROLE_OIDS,
  SERVER_AUTH,
} from "./certificate.ts";

const DAY_MS = 86_400_000;
/** Ten years of 365.25 days: the swarm's whole life, since an authority has no successor yet. */
const AUTHORITY_TTL_MS = 3652.5 * DAY_MS;
/** The authority begins a day back, so that a clock set to the wrong time zone still accepts it. */
const AUTHORITY_BACKDATE_MS = DAY_MS;

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags;

/** As many random bytes as asked for, fit for keys: `randomBytes` of node:crypto. */
export type RandomBytes = (size: number) => Uint8Array;

export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly fingerprint: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** The authority's own key and certificate, ready to sign. */
export interface Signer {
  readonly key: webcrypto.CryptoKey;
  readonly certificate: X509Certificate;
}

/** Makes a new authority: a key and a certificate that it signs itself (RFC 5280, section 4.2). */
export async function makeAuthority(deps: {
  readonly nowMs: number;
  readonly random: RandomBytes;
}): Promise<{ readonly keyPem: string; readonly certificatePem: string }> {
  const keys = await makeKeyPair();
  // Each swarm's name is its own: verifiers look an issuer up by name before they try its key.
  const name = `CN=DECNET authority ${hex(deps.random(4))}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(deps.random),
    name,
    notBefore: wholeSecond(deps.nowMs - AUTHORITY_BACKDATE_MS),
    notAfter: wholeSecond(deps.nowMs + AUTHORITY_TTL_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      new x509.SubjectKeyIdentifierExtension(keyIdentifier(await spkiOf(keys.publicKey))),
    ],
  });
  return { keyPem: pemOf(keys.privateKey), certificatePem: certificatePem(certificate) };
}

/** @param publicKey SubjectPublicKeyInfo, DER, as `readSigningRequest` gives it. */
export async function signAgent(
  signer: Signer,
  random: RandomBytes,
  agent: {
    readonly publicKey: Uint8Array;
    readonly hostUuid: string;
    readonly nowMs: number;
    readonly ttlMs: number;
  },
): Promise<IssuedCertificate> {
  return await signLeaf(signer, random, {
    ...agent,
    commonName: agent.hostUuid,
    names: [{ type: "url", value: `decnet://host/${agent.hostUuid}` }],
    usages: [CLIENT_AUTH, ROLE_OIDS.agent],
  });
}

/** Makes a key that lives in memory only, and a certificate over it. */
export async function signMaster(
  signer: Signer,
  random: RandomBytes,
  master: {
    readonly nowMs: number;
    readonly ttlMs: number;
    readonly addresses: readonly string[];
    readonly names: readonly string[];
  },
): Promise<IssuedCertificate & { readonly keyPem: string }> {
  const keys = await makeKeyPair();
  const issued = await signLeaf(signer, random, {
    publicKey: await spkiOf(keys.publicKey),
    nowMs: master.nowMs,
    ttlMs: master.ttlMs,
    commonName: MASTER_NAME,
    names: [
      { type: "dns", value: MASTER_NAME },
      ...master.names.map((value) => ({ type: "dns" as const, value })),
      ...master.addresses.map((value) => ({ type: "ip" as const, value: checkedAddress(value) })),
    ],
    usages: [SERVER_AUTH, ROLE_OIDS.master],
  });
  return { ...issued, keyPem: pemOf(keys.privateKey) };
}

/**
 * The same for the listener of the operators: browsers take it, and no agent takes it for a master.
 * @param hosts Names and addresses by which operators reach it.
 */
export async function signOperatorServer(
  signer: Signer,
  random: RandomBytes,
  server: { readonly nowMs: number; readonly ttlMs: number; readonly hosts: readonly string[] },
): Promise<IssuedCertificate & { readonly keyPem: string }> {
  const keys = await makeKeyPair();
  const issued = await signLeaf(signer, random, {
    ...server,
    publicKey: await spkiOf(keys.publicKey),
    commonName: "DECNET operators",
    names: server.hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
    usages: [SERVER_AUTH, ROLE_OIDS.operatorServer],
  });
  return { ...issued, keyPem: pemOf(keys.privateKey) };
}

async function signLeaf(
  signer: Signer,
  random: RandomBytes,
  leaf: {
    readonly publicKey: Uint8Array;
    readonly nowMs: number;
    readonly ttlMs: number;
    readonly commonName: string;
    readonly names: x509.JsonGeneralNames;
    readonly usages: readonly string[];
  },
): Promise<IssuedCertificate> {
  const issuer = new x509.X509Certificate(arrayBuffer(signer.certificate.raw));
  // A leaf that outlived its authority would be refused anyway: it says so itself.
  const notAfterMs = Math.min(leaf.nowMs + leaf.ttlMs, signer.certificate.validToDate.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(random),
    subject: `CN=${leaf.commonName}`,
    issuer: issuer.subjectName,
    notBefore: wholeSecond(leaf.nowMs - LEAF_BACKDATE_MS),
    notAfter: wholeSecond(notAfterMs),
    publicKey: new x509.PublicKey(arrayBuffer(leaf.publicKey)),
    signingKey: signer.key,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([...leaf.usages]),
      new x509.SubjectAlternativeNameExtension(leaf.names),
      new x509.SubjectKeyIdentifierExtension(keyIdentifier(leaf.publicKey)),
      new x509.AuthorityKeyIdentifierExtension(
        keyIdentifier(signer.certificate.publicKey.export({ type: "spki", format: "der" })),
      ),
    ],
  });
  return {
    certificatePem: certificatePem(certificate),
    fingerprint: fingerprintOf(new Uint8Array(certificate.rawData)),
    notBeforeMs: certificate.notBefore.getTime(),
    notAfterMs: certificate.notAfter.getTime(),
  };
}

async function makeKeyPair(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: "pkcs8", format: "pem" }).toString();
}

async function spkiOf(key: webcrypto.CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.exportKey("spki", key));
}

/** Any name for the key that issuer and leaf agree on will do (RFC 5280, section 4.2.1.2). */
function keyIdentifier(spki: Uint8Array): string {
  return createHash("sha256").update(spki).digest("hex").slice(0, 40);
}

/** 128 random bits behind a byte that keeps the number positive and its length fixed. */
function serialNumber(random: RandomBytes): string {
  return `01${hex(random(16))}`;
}

function certificatePem(certificate: x509.X509Certificate): string {
  return new X509Certificate(new Uint8Array(certificate.rawData)).toString();
}

function checkedAddress(address: string): string {
  if (isIP(address) === 0) throw new RangeError(`not an IP address: ${address}`);
  return address;
}

/** Certificates have no room for milliseconds. */
function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function arrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
