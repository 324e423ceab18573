import type { Clock } from "../domain/clock.ts";
import type { Authority } from "../pki/authority.ts";
import { mintJoinToken } from "../pki/join-token.ts";
import type { TokenStore } from "../store/store.ts";
import type { OperatorPlaneDeps } from "./operator-plane/deps.ts";

/** Makes join tokens of this master, and keeps of each the hash alone. */
export function createTokenMint(deps: {
  readonly store: Pick<TokenStore, "createToken">;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
  /** Tokens vouch for the one that issues just then: it may be rotated meanwhile. */
  readonly authority: Pick<Authority, "fingerprint">;
  /** Where machines enroll. */
  readonly host: string;
  readonly port: number;
}): OperatorPlaneDeps["mintToken"] {
  const { store, clock, authority, ...place } = deps;
  return async ({ ttlMs, hostName, createdBy }) => {
    const { fingerprint: authorityFingerprint } = authority;
    const { id, text, secretHash } = mintJoinToken({ ...place, authorityFingerprint });
    const createdMs = clock.nowMs();
    const token = {
      id,
      createdMs,
      createdBy,
      expiresMs: createdMs + ttlMs,
      hostName,
      usedMs: null,
      usedByHostUuid: null,
      revokedMs: null,
    };
    await store.createToken(token, secretHash);
    return { token, secret: text };
  };
}
