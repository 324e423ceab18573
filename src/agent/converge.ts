import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { DesiredDecky } from "../wire/desired.ts";
import type { LoopEnd } from "./answer.ts";
import { backoffMs } from "./backoff.ts";
import { createBell } from "./bell.ts";
import { type Action, reconcile, sameSpec } from "./reconcile.ts";
import type { Runtime } from "./runtimes/runtime.ts";
import type { DeckyReport } from "./status.ts";

/** Longest pause between two tries of a decky that does not start. */
const MAX_RETRY_MS = 60_000;

export interface ConvergeParts {
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Called when the report may read otherwise than before. */
  readonly onChange: () => void;
}

export interface Convergence {
  /** What is to run from now on. Takes the place of all that was wanted before, also half-way. */
  want(deckies: readonly DesiredDecky[]): void;
  /** What runs and what could not be made to. */
  report(): readonly DeckyReport[];
  /** Works towards what is wanted until the signal aborts; leaves running what runs. */
  run(signal: AbortSignal): Promise<LoopEnd>;
}

interface Failure {
  readonly action: Action;
  readonly reason: string;
  readonly times: number;
  readonly retryMs: number;
}

/**
 * Makes what runs what is wanted, one decky at a time. One that fails is kept with its reason and
 * tried again later, with growing pauses; it never holds up its siblings.
 */
export function createConvergence(parts: ConvergeParts): Convergence {
  const { runtime, clock, log } = parts;
  const bell = createBell(clock);
  const started = new Map<string, DesiredDecky>();
  const failures = new Map<string, Failure>();
  let wanted: readonly DesiredDecky[] = [];

  async function apply(action: Action): Promise<void> {
    const { kind, decky } = action;
    try {
      if (kind !== "start") {
        await runtime.stop(decky.name);
        started.delete(decky.name);
      }
      if (kind !== "stop") {
        await runtime.start(decky);
        started.set(decky.name, decky);
      }
      failures.delete(decky.name);
      log.info(`decky ${kind === "stop" ? "stopped" : "started"}`, { decky: decky.name });
    } catch (error) {
      fail(action, error instanceof Error ? error.message : String(error));
    }
    parts.onChange();
  }

  function fail(action: Action, reason: string): void {
    const { name } = action.decky;
    const last = failures.get(name);
    const times =
      last !== undefined && sameSpec(last.action.decky, action.decky) ? last.times + 1 : 1;
    const retryMs = clock.nowMs() + backoffMs(times, MAX_RETRY_MS, parts.random);
    failures.set(name, { action, reason, times, retryMs });
    if (reason !== last?.reason) log.warn(`decky failed: ${reason}`, { decky: name });
  }

  /** Not before its pause is over, unless it is now to be another. */
  function mayTry(action: Action): boolean {
    const failure = failures.get(action.decky.name);
    if (failure === undefined || failure.retryMs <= clock.nowMs()) return true;
    return !sameSpec(failure.action.decky, action.decky);
  }

  async function convergeOnce(signal: AbortSignal): Promise<void> {
    const goal = wanted;
    const actions = reconcile(goal, started);
    const open = new Set(actions.map((action) => action.decky.name));
    for (const name of failures.keys()) {
      if (!open.has(name)) failures.delete(name);
    }
    for (const action of actions) {
      if (signal.aborted || wanted !== goal) return;
      if (mayTry(action)) await apply(action);
    }
    parts.onChange();
  }

  /** Until the first retry; null if there is none. */
  function pauseMs(): number | null {
    const retries = [...failures.values()].map((failure) => failure.retryMs);
    return retries.length === 0 ? null : Math.max(0, Math.min(...retries) - clock.nowMs());
  }

  return {
    want(deckies) {
      wanted = deckies;
      bell.ring();
    },
    report() {
      const status = runtime.status();
      const reports = new Map<string, DeckyReport>();
      for (const [name, { action, reason }] of failures) {
        reports.set(name, { spec: action.decky, status: null, failure: reason });
      }
      for (const [name, spec] of started) {
        const failure = reports.get(name)?.failure ?? null;
        reports.set(name, { spec, status: status.get(name) ?? null, failure });
      }
      return [...reports.values()];
    },
    async run(signal) {
      try {
        for (;;) {
          await bell.wait(pauseMs(), signal);
          await convergeOnce(signal);
        }
      } catch (error) {
        if (signal.aborted) return { kind: "stopped" };
        throw error;
      }
    },
  };
}
