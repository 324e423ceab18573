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

const PAST = { start: "started", stop: "stopped", restart: "restarted" } as const;

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
  /** Some decky may have fallen down. */
  changed(): void;
  /** What is wanted, what runs, and what could not be made to. */
  report(): readonly DeckyReport[];
  /** Works towards what is wanted until the signal aborts; leaves running what runs. */
  run(signal: AbortSignal): Promise<LoopEnd>;
}

/** Something that is to be tried again. */
interface Retry {
  readonly action: Action;
  /** Why it failed; null if it did what it could, and the decky runs in part. */
  readonly reason: string | null;
  readonly times: number;
  readonly notBeforeMs: number;
}

/**
 * Makes what runs what is wanted, one decky at a time. One that fails is kept with its reason and
 * tried again later, with growing pauses; it never holds up its siblings.
 */
export function createConvergence(parts: ConvergeParts): Convergence {
  const { runtime, clock, log } = parts;
  const bell = createBell(clock);
  const started = new Map<string, DesiredDecky>();
  const retries = new Map<string, Retry>();
  let wanted: readonly DesiredDecky[] = [];

  async function apply(action: Action): Promise<void> {
    const { kind, decky } = action;
    const { name } = decky;
    const wasStarted = started.has(name);
    try {
      if (kind !== "start") {
        await runtime.stop(name);
        started.delete(name);
      }
      if (kind !== "stop") {
        await runtime.start(decky);
        started.set(name, decky);
      }
      if (kind === "stop" || runtime.status().get(name)?.running === true) retries.delete(name);
      else tryAgain(action, null);
      if (kind !== "start" || !wasStarted) log.info(`decky ${PAST[kind]}`, { decky: name });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== retries.get(name)?.reason)
        log.warn(`decky failed: ${reason}`, { decky: name });
      tryAgain(action, reason);
    }
    parts.onChange();
  }

  function tryAgain(action: Action, reason: string | null): void {
    const { name } = action.decky;
    const last = retries.get(name);
    const again = last !== undefined && sameSpec(last.action.decky, action.decky);
    const times = again ? last.times + 1 : 1;
    const notBeforeMs = clock.nowMs() + backoffMs(times, MAX_RETRY_MS, parts.random);
    retries.set(name, { action, reason, times, notBeforeMs });
  }

  /** It was whole and is not any more: that is told before it is mended, and not mended in a rush. */
  function hasFallen({ kind, decky }: Action): boolean {
    return kind === "start" && started.has(decky.name) && !retries.has(decky.name);
  }

  /** Not before its pause is over, unless it is now to be another. */
  function mayTry(action: Action): boolean {
    const retry = retries.get(action.decky.name);
    if (retry === undefined || retry.notBeforeMs <= clock.nowMs()) return true;
    return !sameSpec(retry.action.decky, action.decky);
  }

  /** Deckies that were started and of which not everything runs. */
  function degraded(): ReadonlySet<string> {
    const status = runtime.status();
    return new Set([...started.keys()].filter((name) => status.get(name)?.running !== true));
  }

  async function convergeOnce(signal: AbortSignal): Promise<void> {
    const goal = wanted;
    const actions = reconcile(goal, started, degraded());
    const open = new Set(actions.map((action) => action.decky.name));
    for (const name of retries.keys()) {
      if (!open.has(name)) retries.delete(name);
    }
    for (const action of actions) {
      if (signal.aborted || wanted !== goal) return;
      if (hasFallen(action)) tryAgain(action, null);
      else if (mayTry(action)) await apply(action);
    }
    parts.onChange();
  }

  /** Until the first retry; null if there is none. */
  function pauseMs(): number | null {
    const timesMs = [...retries.values()].map((retry) => retry.notBeforeMs);
    return timesMs.length === 0 ? null : Math.max(0, Math.min(...timesMs) - clock.nowMs());
  }

  return {
    want(deckies) {
      wanted = deckies;
      bell.ring();
    },
    changed: () => bell.ring(),
    report() {
      const status = runtime.status();
      const reports = new Map<string, DeckyReport>();
      for (const spec of wanted) reports.set(spec.name, { spec, status: null, failure: null });
      for (const [name, { action, reason }] of retries) {
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
