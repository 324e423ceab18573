import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/**
 * What every listener of the master speaks: TLS 1.3 where both sides can, 1.2 at the least, and
 * there AEAD with forward secrecy alone (RFC 9325, sections 3.1.1 and 4.2). Those with RSA are for
 * an operator's own certificate. TLS 1.2 may not be renegotiated (RFC 9325, section 3.5): who is at
 * the other end is settled once, and it would cost the master a handshake for every few bytes.
 */
export const TLS_POLICY = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
  honorCipherOrder: true,
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions;
