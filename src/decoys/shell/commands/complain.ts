import type { Call } from "../call.ts";

/** Words before a builtin's own message: `-bash: cd: `. @returns `rc`. */
export function complain(call: Call, message: string, rc = 1): number {
  call.err(`${call.shell.selfName}: ${call.name}: ${message}\n`);
  return rc;
}
