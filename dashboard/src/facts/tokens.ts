import type { ApiAccessToken } from "../../../src/wire/api/operator.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import type { ShownState } from "./states.ts";

export type TokenState = "valid" | "used" | "expired" | "revoked";

/** Of a join token; nobody tells that its time is over, the master's clock does. */
export function tokenState(
  token: Pick<ApiToken, "usedMs" | "revokedMs" | "expiresMs">,
  nowMs: number,
): TokenState {
  return token.usedMs !== null ? "used" : apiTokenState(token, nowMs);
}

export function apiTokenState(
  token: Pick<ApiAccessToken, "revokedMs" | "expiresMs">,
  nowMs: number,
): Exclude<TokenState, "used"> {
  if (token.revokedMs !== null) return "revoked";
  return token.expiresMs <= nowMs ? "expired" : "valid";
}

/** The shape that stands beside the word. */
export const TOKEN_MARKS: Readonly<Record<TokenState, ShownState>> = {
  valid: "pending",
  used: "running",
  expired: "absent",
  revoked: "decommissioned",
};
