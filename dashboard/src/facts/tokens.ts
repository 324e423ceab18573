import type { ApiAccessToken, ApiOperator } from "../../../src/wire/api/operator.ts";
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

type Scope = ApiAccessToken["scope"];

export const SCOPES: readonly { readonly scope: Scope; readonly may: string }[] = [
  { scope: "read", may: "read: sees all" },
  { scope: "write", may: "write: runs the fleet, too" },
  { scope: "admin", may: "admin: manages operators, too" },
];

/** A token never may what its owner may not. */
export function scopesOf(role: ApiOperator["role"]): typeof SCOPES {
  return SCOPES.slice(0, { viewer: 1, operator: 2, admin: 3 }[role]);
}
