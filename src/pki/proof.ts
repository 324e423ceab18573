import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** Longest signature that any accepted key makes (RSA of 8192 bits), with room. */
const MAX_SIGNATURE_BYTES = 1200;

/**
 * Signs a statement with a private key, to prove that it is held: SHA-256 with ECDSA (DER, as
 * `openssl dgst` writes it) or with RSA (PKCS #1, version 1.5); Ed25519 without a digest.
 * @returns Base64.
 */
export function signStatement(keyPem: string, statement: string): string {
  const key = createPrivateKey(keyPem);
  return sign(digestOf(key), Buffer.from(statement), key).toString("base64");
}

/**
 * Whether `signature` is of this statement by the key. Never throws, whatever the bytes.
 * @param publicKey SubjectPublicKeyInfo, DER, in base64: as it was pinned.
 */
export function verifyStatement(publicKey: string, statement: string, signature: string): boolean {
  const bytes = Buffer.from(signature, "base64");
  if (bytes.length > MAX_SIGNATURE_BYTES) return false;
  try {
    const der = Buffer.from(publicKey, "base64");
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    return verify(digestOf(key), Buffer.from(statement), key, bytes);
  } catch {
    return false;
  }
}

function digestOf(key: KeyObject): "sha256" | null {
  return key.asymmetricKeyType === "ed25519" ? null : "sha256";
}
