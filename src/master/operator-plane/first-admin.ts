import type { Clock } from "../../domain/clock.ts";
import type { AuditStore, OperatorStore } from "../../store/store.ts";
import { generatePassword, hashPassword } from "./password.ts";

export interface Credentials {
  readonly user: string;
  /** Shown once; only its hash is kept. */
  readonly password: string;
}

/** @returns The first admin, just made and to be printed once; null if there is an operator already. */
export async function ensureFirstAdmin(deps: {
  readonly store: Pick<OperatorStore, "countOperators" | "createOperator"> &
    Pick<AuditStore, "audited">;
  readonly clock: Clock;
  readonly random: (bytes: number) => Buffer;
}): Promise<Credentials | null> {
  const { store, clock, random } = deps;
  if ((await store.countOperators()) > 0) return null;
  const { password, passwordHash } = await makePassword(random);
  const admin = { name: "admin", role: "admin", passwordHash, createdMs: clock.nowMs() } as const;
  const deed = { actor: "system", action: "operator.create", target: admin.name, address: null };
  const entry = { ...deed, atMs: admin.createdMs };
  await store.audited(entry, () => store.createOperator(admin));
  return { user: admin.name, password };
}

/** A password that is shown once, and what is kept of it. */
export async function makePassword(
  random: (bytes: number) => Buffer,
): Promise<{ readonly password: string; readonly passwordHash: string }> {
  const password = generatePassword(random);
  return { password, passwordHash: await hashPassword(password, random) };
}
