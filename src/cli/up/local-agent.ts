import { join } from "node:path";
import { openDesiredFile } from "../../agent/desired-file.ts";
import { personaInputOf } from "../../agent/runtimes/decoy-process/persona-input.ts";
import { createPersona, type WeakLogin } from "../../decoys/persona.ts";
import { silentLog } from "../../domain/log.ts";

/** Where the agent keeps its last desired state. */
const DESIRED_FILE = "desired.json";

/**
 * A name and password that let in, by decky, of the agent on this machine. They follow from the
 * seeds in its last desired state, so that no listing ever has to carry them.
 */
export async function weakLogins(agentDir: string): Promise<ReadonlyMap<string, WeakLogin>> {
  const { last } = await openDesiredFile(join(agentDir, DESIRED_FILE), silentLog);
  const logins = new Map<string, WeakLogin>();
  for (const decky of last?.deckies ?? []) {
    const known = createPersona(personaInputOf(decky)).weakLogins;
    const login = known.find(({ user }) => user === "root") ?? known[0];
    if (login !== undefined) logins.set(decky.name, login);
  }
  return logins;
}
