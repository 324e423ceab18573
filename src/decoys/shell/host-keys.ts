import { checkPrime, createECDH, createHmac, createPrivateKey, createPublicKey } from "node:crypto";
import { promisify } from "node:util";
import type { Persona } from "../persona.ts";

const isPrime = promisify(checkPrime) as (candidate: bigint) => Promise<boolean>;

const PRIME_BITS = 1536;
const EXPONENT = 65_537n;
const SMALL_PRIMES = smallPrimes(4000);

function smallPrimes(limit: number): readonly number[] {
  const primes: number[] = [];
  for (let value = 3; value < limit; value += 2) {
    if (primes.every((prime) => value % prime !== 0)) primes.push(value);
  }
  return primes;
}

/** `bytes` bytes that follow from `seed` and `label`: HMAC-SHA-256 in counter mode (SP 800-108). */
function stretch(seed: Buffer, label: string, bytes: number): Buffer {
  const blocks: Buffer[] = [];
  for (let index = 0; index * 32 < bytes; index++) {
    blocks.push(createHmac("sha256", seed).update(`${label}:${index}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}

const toBigint = (bytes: Buffer) => BigInt(`0x${bytes.toString("hex")}`);

function toBytes(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/**
 * First prime at or after a number that the seed gives. The tests of primality run on the thread
 * pool, so the loop stays free; the sieve before them leaves about one candidate in eight.
 */
async function primeOf(seed: Buffer, label: string): Promise<bigint> {
  const start = stretch(seed, label, PRIME_BITS / 8);
  // The two top bits make the product of two primes as long as it should be.
  start.writeUInt8(start.readUInt8(0) | 0xc0, 0);
  const base = toBigint(start) | 1n;
  const rests = SMALL_PRIMES.map((prime) => Number(base % BigInt(prime)));
  for (let offset = 0; ; offset += 2) {
    if (SMALL_PRIMES.some((prime, index) => ((rests[index] ?? 0) + offset) % prime === 0)) continue;
    const candidate = base + BigInt(offset);
    if ((candidate - 1n) % EXPONENT !== 0n && (await isPrime(candidate))) return candidate;
  }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r0, r1, t0, t1] = [modulus, value % modulus, 0n, 1n];
  while (r1 !== 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [t0, t1] = [t1, t0 - quotient * t1];
  }
  return t0 < 0n ? t0 + modulus : t0;
}

async function rsaKey(seed: Buffer): Promise<string> {
  const [p, q] = await Promise.all([primeOf(seed, "p"), primeOf(seed, "q")]);
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const url = (value: bigint) => toBytes(value).toString("base64url");
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "RSA",
      n: url(p * q),
      e: url(EXPONENT),
      d: url(d),
      p: url(p),
      q: url(q),
      dp: url(d % (p - 1n)),
      dq: url(d % (q - 1n)),
      qi: url(inverse(q, p)),
    },
  });
  return key.export({ type: "pkcs1", format: "pem" }).toString();
}

function ecdsaKey(seed: Buffer): string {
  const ecdh = createECDH("prime256v1");
  // A scalar of 248 bits is below the order of the curve, whatever its bytes.
  const scalar = Buffer.concat([Buffer.alloc(1), stretch(seed, "d", 31)]);
  ecdh.setPrivateKey(scalar);
  const point = ecdh.getPublicKey();
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: scalar.toString("base64url"),
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    },
  });
  return key.export({ type: "sec1", format: "pem" }).toString();
}

const string = (value: Buffer | string) => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** In OpenSSH's own format (PROTOCOL.key): the library reads Ed25519 keys in no other. */
function ed25519Key(seed: Buffer): string {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const secret = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const spki = createPublicKey(secret).export({ format: "der", type: "spki" });
  const publicKey = spki.subarray(spki.length - 32);
  const check = stretch(seed, "check", 4);
  const inner = Buffer.concat([
    check,
    check,
    string("ssh-ed25519"),
    string(publicKey),
    string(Buffer.concat([seed, publicKey])),
    string(""),
  ]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7].slice(0, (8 - (inner.length % 8)) % 8));
  const whole = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    string("none"),
    string("none"),
    string(""),
    Buffer.from([0, 0, 0, 1]),
    string(Buffer.concat([string("ssh-ed25519"), string(publicKey)])),
    string(Buffer.concat([inner, padding])),
  ]);
  const lines = whole.toString("base64").match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

/** Keys that were made, so that the shell shows those that sshd signs with. */
const made = new WeakMap<Persona, readonly string[]>();

/** Host keys of a decky if somebody has asked for them before: else none. */
export function knownHostKeys(persona: Persona): readonly string[] {
  return made.get(persona) ?? [];
}

/** Host keys of a decky, PEM: RSA of 3072 bits, ECDSA P-256, Ed25519; the same after a restart. */
export async function hostKeysOf(persona: Persona): Promise<readonly string[]> {
  const keys = made.get(persona) ?? [
    await rsaKey(persona.secret("ssh.rsa")),
    ecdsaKey(persona.secret("ssh.ecdsa")),
    ed25519Key(persona.secret("ssh.ed25519")),
  ];
  made.set(persona, keys);
  return keys;
}
