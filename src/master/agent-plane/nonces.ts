const NONCE_BYTES = 16;
/** Drawn at once: to ask the system for 16 bytes costs about as much as for all of these. */
const NONCES_A_DRAW = 256;

/**
 * Nonces of 16 bytes in base64url, each given once.
 * @param random Bytes that nobody can foresee.
 */
export function createNonces(random: (bytes: number) => Buffer): () => string {
  let drawn: Buffer = Buffer.alloc(0);
  let at = 0;
  return () => {
    if (at === drawn.length) {
      drawn = random(NONCE_BYTES * NONCES_A_DRAW);
      at = 0;
    }
    at += NONCE_BYTES;
    return drawn.toString("base64url", at - NONCE_BYTES, at);
  };
}
