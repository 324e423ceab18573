import { type AgentExit, runAgent } from "../../../src/agent/agent.ts";
import { loadIdentity } from "../../../src/agent/identity.ts";
import type { Step } from "../../../src/agent/next-identity.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import type { Clock } from "../../../src/domain/clock.ts";
import { type Log, silentLog } from "../../../src/domain/log.ts";

/** A whole agent that runs no deckies, in this process, from what lies in `dir`. */
export function startAgent(dir: string, step: Step = () => {}, clock: Clock = createSystemClock()) {
  const stop = new AbortController();
  const renewed = Promise.withResolvers<void>();
  const log: Log = {
    ...silentLog,
    info(message) {
      if (message === "certificate renewed") renewed.resolve();
    },
  };
  const run = async (): Promise<AgentExit> => {
    const identity = await loadIdentity(dir);
    if (identity === null) throw new Error(`no identity in ${dir}`);
    return runAgent({
      dataDir: dir,
      identity,
      runtimes: () => ({}),
      clock,
      log,
      version: "test",
      random: Math.random,
      step,
      signal: stop.signal,
    });
  };
  const exit = run();
  // Whoever awaits it gets the error; nobody need.
  exit.catch(() => {});
  return {
    exit,
    /** The new certificate is the current one, on disk as well. */
    renewed: renewed.promise,
    /** As a crash would, but that what is open is closed. */
    async stop() {
      stop.abort();
      await exit.catch(() => {});
    },
  };
}
