import type { ApiToken } from "../../../src/wire/api/token.ts";

export type TokenState = "valid" | "used" | "expired" | "revoked";

export function tokenState(token: ApiToken, nowMs: number): TokenState {
  if (token.usedMs !== null) return "used";
  if (token.revokedMs !== null) return "revoked";
  return token.expiresMs <= nowMs ? "expired" : "valid";
}
