/**
 * What may be done, by area: each route of the operator plane needs one of these, and says which.
 *
 * self: whatever concerns one's own account alone.
 */
export const PERMISSIONS = [
  "self",
  "fleet.read",
  "fleet.write",
  "enrollment.write",
  "audit.read",
  "operators.read",
  "operators.write",
  "authority.write",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** From the greatest to the least. */
export const ROLES = ["admin", "operator", "viewer"] as const;
export type Role = (typeof ROLES)[number];

/** How much of its owner's say an API token has. */
export const SCOPES = ["read", "write", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

const READ = ["fleet.read", "audit.read"] as const;
const WRITE = [...READ, "fleet.write", "enrollment.write"] as const;
const ADMIN = [...WRITE, "operators.read", "operators.write", "authority.write"] as const;

const OF_ROLE: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  admin: new Set(["self", ...ADMIN]),
  operator: new Set(["self", ...WRITE]),
  viewer: new Set(["self", ...READ]),
};

/** Never `self`: a token makes no tokens, and changes no password. */
const OF_SCOPE: Readonly<Record<Scope, ReadonlySet<Permission>>> = {
  admin: new Set(ADMIN),
  write: new Set(WRITE),
  read: new Set(READ),
};

export function roleMay(role: Role, permission: Permission): boolean {
  return OF_ROLE[role].has(permission);
}

/** A token never may what its owner may not, whatever its scope was when it was made. */
export function tokenMay(owner: Role, scope: Scope, permission: Permission): boolean {
  return OF_SCOPE[scope].has(permission) && roleMay(owner, permission);
}

/** Whether an owner of this role has all that the scope grants. */
export function mayGrant(owner: Role, scope: Scope): boolean {
  return [...OF_SCOPE[scope]].every((permission) => roleMay(owner, permission));
}
