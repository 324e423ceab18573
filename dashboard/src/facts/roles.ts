import type { ApiAccessToken, ApiOperator } from "../../../src/wire/api/operator.ts";

export type Role = ApiOperator["role"];

export const ROLES: readonly { readonly role: Role; readonly may: string }[] = [
  { role: "viewer", may: "viewer: sees all" },
  { role: "operator", may: "operator: runs the fleet" },
  { role: "admin", may: "admin: manages operators, too" },
];

export const roleOf = (text: string): Role =>
  ROLES.find(({ role }) => role === text)?.role ?? "viewer";

const SCOPES: readonly {
  readonly scope: ApiAccessToken["scope"];
  readonly may: string;
}[] = [
  { scope: "read", may: "read: sees all" },
  { scope: "write", may: "write: runs the fleet" },
  { scope: "admin", may: "admin: manages operators, too" },
];

/** A token never may what its owner may not. */
export function scopesOf(role: Role): typeof SCOPES {
  return SCOPES.slice(0, { viewer: 1, operator: 2, admin: 3 }[role]);
}
