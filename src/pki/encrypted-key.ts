import { createCipheriv, createPrivateKey, type KeyObject, scryptSync } from "node:crypto";
import { DER, writeDer } from "./der.ts";
import type { RandomBytes } from "./issue.ts";

/**
 * Cost of the passphrase's key: 16 MiB and some 0.2 s. Memory is as much as OpenSSL grants whoever
 * reads such a key; what is missing there is made up for by `p`, the times that it is gone through.
 */
const COST = { N: 16_384, r: 8, p: 5 } as const;
const KEY_BYTES = 32;

/** Object identifiers, encoded. */
const PBES2 = Buffer.from("2a864886f70d01050d", "hex");
const SCRYPT = Buffer.from("2b06010401da47040b", "hex");
const AES_256_CBC = Buffer.from("60864801650304012a", "hex");

/**
 * Encrypts a private key under a passphrase: PKCS #8 (RFC 5958, section 3) by PBES2 (RFC 8018) with
 * scrypt (RFC 7914, section 7) and AES-256-CBC. `openssl pkcs8` reads it, and so does
 * `decryptKey`. Node itself would write such a key with PBKDF2 of 2,048 rounds alone.
 *
 * @returns PEM.
 */
export function encryptKey(key: KeyObject, passphrase: string, random: RandomBytes): string {
  const salt = random(16);
  const iv = random(16);
  const secret = scryptSync(passphrase, salt, KEY_BYTES, { ...COST, maxmem: 64 * 1024 * 1024 });
  const cipher = createCipheriv("aes-256-cbc", secret, iv);
  const plain = key.export({ type: "pkcs8", format: "der" });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  secret.fill(0);
  const { sequence, objectIdentifier, octetString } = DER;
  const cost = [COST.N, COST.r, COST.p, KEY_BYTES].map(integer);
  const whole = writeDer(sequence, [
    writeDer(sequence, [
      writeDer(objectIdentifier, [PBES2]),
      writeDer(sequence, [
        writeDer(sequence, [
          writeDer(objectIdentifier, [SCRYPT]),
          writeDer(sequence, [writeDer(octetString, [salt]), ...cost]),
        ]),
        writeDer(sequence, [
          writeDer(objectIdentifier, [AES_256_CBC]),
          writeDer(octetString, [iv]),
        ]),
      ]),
    ]),
    writeDer(octetString, [encrypted]),
  ]);
  const lines = whole.toString("base64").replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines}-----END ENCRYPTED PRIVATE KEY-----\n`;
}

/** @returns null if the passphrase is wrong, or the key damaged: nothing tells the two apart. */
export function decryptKey(pem: string, passphrase: string): KeyObject | null {
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch {
    return null;
  }
}

/** Small positive ones. */
function integer(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  // In its shortest form, with the first bit clear.
  let start = 0;
  while (start < 3 && bytes[start] === 0 && ((bytes[start + 1] ?? 0) & 0x80) === 0) start += 1;
  return writeDer(DER.integer, [bytes.subarray(start)]);
}
