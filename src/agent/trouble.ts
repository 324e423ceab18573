import type { Log, LogFacts } from "../domain/log.ts";

/** Says what is wrong once, and again only when the reason changes; then once that it is over. */
export interface Trouble {
  note(reason: string, facts?: LogFacts): void;
  over(): void;
}

/** @param subject What fails, as a line begins: `heartbeat`. */
export function createTrouble(log: Log, subject: string): Trouble {
  let current: string | null = null;
  let times = 0;

  return {
    note(reason, facts = {}) {
      times += 1;
      if (reason === current) return;
      current = reason;
      log.warn(`${subject} failed: ${reason}`, facts);
    },
    over() {
      if (current === null) return;
      log.info(`${subject} works again`, { failures: times, last_reason: current });
      current = null;
      times = 0;
    },
  };
}
