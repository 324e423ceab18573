import { createCipheriv, createDecipheriv } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D).
 * @param owner Whose it is: what was sealed for one does not open for another.
 * @returns Nonce, ciphertext and tag, in base64.
 */
export function seal(
  key: Buffer,
  plain: Buffer,
  owner: string,
  random: (bytes: number) => Buffer,
): string {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(owner));
  const sealed = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString("base64");
}

/** @throws {Error} If it was sealed with another key, for another owner, or changed since. */
export function unseal(key: Buffer, sealed: string, owner: string): Buffer {
  const bytes = Buffer.from(sealed, "base64");
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(-TAG_BYTES);
  const options = { authTagLength: TAG_BYTES };
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, options)
    .setAAD(Buffer.from(owner))
    .setAuthTag(tag);
  const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([plain, decipher.final()]);
}
