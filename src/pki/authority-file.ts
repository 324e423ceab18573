import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { open } from "node:fs/promises";
import { DecnetError } from "../domain/errors.ts";
import { writeFileDurably } from "./durable-file.ts";
import { decryptKey, encryptKey } from "./encrypted-key.ts";
import type { RandomBytes } from "./issue.ts";

/** An authority's key and certificate. */
export interface KeyPair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

export interface AuthorityFile {
  /** The newest first; at least one. */
  readonly pairs: readonly KeyPair[];
  readonly isEncrypted: boolean;
}

const PAIR =
  /(-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----)\n(-----BEGIN (ENCRYPTED )?PRIVATE KEY-----[^-]*-----END (?:ENCRYPTED )?PRIVATE KEY-----)\n/y;

/**
 * Reads what `writeAuthorityFile` wrote: each authority's certificate and, behind it, its key.
 *
 * @param passphrase Null if nobody gave one.
 * @throws {DecnetError} `data-unusable` if it is damaged; `authority-locked` if it is encrypted and
 *   there is no passphrase; `passphrase-wrong`.
 */
export function readAuthorityFile(
  path: string,
  text: string,
  passphrase: string | null,
): AuthorityFile {
  const pairs: KeyPair[] = [];
  let isEncrypted = false;
  PAIR.lastIndex = 0;
  for (let match = PAIR.exec(text); match !== null; match = PAIR.exec(text)) {
    const [whole, certificatePem = "", keyPem = "", encrypted] = match;
    isEncrypted ||= encrypted !== undefined;
    const key = encrypted === undefined ? readKey(path, keyPem) : unlock(path, keyPem, passphrase);
    pairs.push(checked(path, certificatePem, key));
    if (match.index + whole.length === text.length) return { pairs, isEncrypted };
  }
  throw damaged(path, "it is not whole");
}

/** @returns Whether the keys in it are encrypted, without reading them. */
export function isEncryptedFile(text: string): boolean {
  return text.includes("-----BEGIN ENCRYPTED PRIVATE KEY-----");
}

/**
 * Writes the whole file, or leaves it as it was; what it held before is overwritten then.
 * @param passphrase Null leaves the keys unencrypted.
 */
export async function writeAuthorityFile(
  path: string,
  pairs: readonly KeyPair[],
  passphrase: string | null,
  random: RandomBytes,
): Promise<void> {
  const text = pairs.map(({ key, certificate }) => {
    const keyPem =
      passphrase === null
        ? key.export({ type: "pkcs8", format: "pem" }).toString()
        : encryptKey(key, passphrase, random);
    return certificate.toString() + keyPem;
  });
  // Held open, so that the bytes can be reached once the name leads to the new ones.
  const before = await open(path, "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  try {
    await writeFileDurably(path, text.join(""), 0o600);
    if (before === null) return;
    const { size } = await before.stat();
    await before.write(new Uint8Array(size), 0, size, 0);
    await before.sync();
  } finally {
    await before?.close();
  }
}

function readKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw damaged(path, messageOf(error), error);
  }
}

function unlock(path: string, pem: string, passphrase: string | null): KeyObject {
  if (passphrase === null) throw new DecnetError("authority-locked", path);
  const key = decryptKey(pem, passphrase);
  if (key === null) throw new DecnetError("passphrase-wrong", path);
  return key;
}

function checked(path: string, certificatePem: string, key: KeyObject): KeyPair {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch (error) {
    throw damaged(path, messageOf(error), error);
  }
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw damaged(path, "its key is not a P-256 key");
  }
  if (!certificate.ca || !certificate.checkPrivateKey(key)) {
    throw damaged(path, "key and certificate do not match");
  }
  return { key, certificate };
}

function damaged(path: string, why: string, cause?: unknown): DecnetError {
  return new DecnetError("data-unusable", `${path} is damaged: ${why}`, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
