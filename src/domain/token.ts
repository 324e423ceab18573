import type { Scope } from "./role.ts";

/** Lets one machine join, once. Its secret is nowhere but with whoever made it. */
export interface JoinToken {
  readonly id: string;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly expiresMs: number;
  /** Name that the host gets; null lets the agent propose one. */
  readonly hostName: string | null;
  readonly usedMs: number | null;
  readonly usedByHostUuid: string | null;
  readonly revokedMs: number | null;
}

/** Lets a program act for an operator. Its secret is nowhere but with whoever made it. */
export interface ApiToken {
  readonly id: string;
  readonly operator: string;
  /** What it is for, in its maker's words. */
  readonly purpose: string;
  readonly scope: Scope;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly lastUsedMs: number | null;
  readonly revokedMs: number | null;
}
