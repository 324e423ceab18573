import type { Clock } from "../../domain/clock.ts";
import type { OperatorStore } from "../../store/store.ts";
import { generatePassword, hashPassword } from "./password.ts";

export interface Credentials {
  readonly user: string;
  /** Shown once; only its hash is kept. */
  readonly password: string;
}

interface Deps {
  readonly store: Pick<OperatorStore, "countOperators" | "getOperator" | "putOperator">;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
}

/** @returns The first admin, just made and to be printed once; null if there is an operator already. */
export async function ensureFirstAdmin(deps: Deps): Promise<Credentials | null> {
  if ((await deps.store.countOperators()) > 0) return null;
  return await putOperator(deps, "admin", deps.clock.nowMs());
}

/** Gives an operator a new password and ends the sessions. @returns null if there is no such operator. */
export async function resetPassword(deps: Deps, user: string): Promise<Credentials | null> {
  const operator = await deps.store.getOperator(user);
  return operator === null ? null : await putOperator(deps, user, operator.createdMs);
}

async function putOperator(deps: Deps, name: string, createdMs: number): Promise<Credentials> {
  const password = generatePassword(deps.random);
  const passwordHash = await hashPassword(password, deps.random);
  await deps.store.putOperator({ name, passwordHash, createdMs });
  return { user: name, password };
}
