import type { Role } from "./role.ts";

/** Somebody who may log in, without what one logs in by. */
export interface Account {
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  /** Since when nobody may log in by this name; null if one may. */
  readonly disabledMs: number | null;
  /** Whether a login takes a second factor. */
  readonly hasTotp: boolean;
}
