import { createHash } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import { HEADERS, isNonce } from "../wire/headers.ts";
import { failureOf, isDecommissioned, type LoopEnd, refusalOf } from "./answer.ts";
import { backoffMs, parseRetryAfter } from "./backoff.ts";
import { createBell } from "./bell.ts";
import type { Boot } from "./boot.ts";
import type { Lineage } from "./lineage.ts";
import { nextSlotMs, phaseOf } from "./phase.ts";
import type { AgentAnswer, AgentTransport } from "./transport.ts";
import { createTrouble } from "./trouble.ts";

/** Until the master has set the pace. */
const INITIAL_INTERVAL_MS = 30_000;
/** A pace outside of this is not the master's meaning. */
const MIN_INTERVAL_MS = 250;
const MAX_INTERVAL_MS = 3_600_000;
/** Changes within this time travel in one beat. */
const MIN_SPACING_MS = 250;
const TIMEOUT_MS = 10_000;
/** Repeats at once within one beat: a whole status for a digest, a newer boot for a stale one. */
const MAX_REPEATS = 3;

/** Refusals below 500 that speak of the moment, not of the beat: too slow, too fast. */
const PASSING = new Set([408, 429]);

export interface HeartbeatLoopParts {
  readonly hostUuid: string;
  /** The whole body, as `statusBody` makes it; called before every beat. */
  readonly body: () => string;
  readonly boot: Boot;
  readonly lineage: Lineage;
  readonly transport: AgentTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface HeartbeatLoop {
  /** Something may have changed: beats at once if the body differs from the last one accepted. */
  changed(): void;
  /** Beats until the signal aborts or the master says that the host is decommissioned. */
  run(signal: AbortSignal): Promise<LoopEnd>;
}

type Beat =
  | { readonly kind: "accepted" }
  | { readonly kind: "decommissioned" }
  /** The master means it: asking sooner than the next regular beat changes nothing. */
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number | null };

export function createHeartbeatLoop(parts: HeartbeatLoopParts): HeartbeatLoop {
  const { boot, lineage, transport, clock, random } = parts;
  const phase = phaseOf(parts.hostUuid);
  const bell = createBell(clock);
  const trouble = createTrouble(parts.log, "heartbeat");
  let intervalMs = INITIAL_INTERVAL_MS;
  let sequence = 0;
  /** Of the last body that was answered with 204: what the master holds, as far as is known. */
  let acceptedDigest: string | null = null;
  let last = { body: "", digest: "" };

  /** The current body and its digest, which is not computed again for the same body. */
  function current(): typeof last {
    const body = parts.body();
    if (body !== last.body) {
      last = { body, digest: createHash("sha256").update(body).digest("hex") };
    }
    return last;
  }

  async function send(body: string, digest: string, signal: AbortSignal): Promise<AgentAnswer> {
    sequence += 1;
    const known = digest === acceptedDigest;
    return transport.request({
      method: "POST",
      path: "/swarm/heartbeat",
      headers: {
        [HEADERS.boot]: String(boot.number),
        [HEADERS.sequence]: String(sequence),
        [HEADERS.sentMs]: String(Math.trunc(clock.nowMs())),
        ...(lineage.nonce !== null && { [HEADERS.echo]: lineage.nonce }),
        ...(known && { [HEADERS.statusDigest]: digest }),
      },
      body: known ? null : body,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
  }

  /** Makes ready to repeat a beat that the master answered with 409; false if that cannot help. */
  async function mend(answer: AgentAnswer): Promise<boolean> {
    if (answer.status !== 409) return false;
    const code = answer.headers[HEADERS.error];
    if (code === "status-unknown") {
      const couldHelp = acceptedDigest !== null;
      acceptedDigest = null;
      return couldHelp;
    }
    const acceptedBoot = Number(answer.headers[HEADERS.boot]);
    if (code !== "heartbeat-stale" || !Number.isSafeInteger(acceptedBoot + 1)) return false;
    await boot.raise(Math.max(acceptedBoot, boot.number) + 1);
    sequence = 0;
    return true;
  }

  async function beat(signal: AbortSignal): Promise<Beat> {
    const { body, digest } = current();
    try {
      let answer = await send(body, digest, signal);
      for (let repeat = 0; repeat < MAX_REPEATS && (await mend(answer)); repeat += 1) {
        answer = await send(body, digest, signal);
      }
      if (answer.status === 204) {
        acceptedDigest = digest;
        intervalMs = intervalOf(answer) ?? intervalMs;
        const nonce = answer.headers[HEADERS.nonce];
        if (nonce !== undefined && isNonce(nonce)) await lineage.keep(nonce);
        return { kind: "accepted" };
      }
      acceptedDigest = null;
      if (isDecommissioned(answer)) return { kind: "decommissioned" };
      const reason = refusalOf(answer);
      if (answer.status < 500 && !PASSING.has(answer.status)) return { kind: "refused", reason };
      const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], clock.nowMs());
      return { kind: "failed", reason, retryAfterMs };
    } catch (error) {
      return { kind: "failed", reason: failureOf(error, signal), retryAfterMs: null };
    }
  }

  /**
   * Waits for the next regular beat, or less when there is something new to tell.
   * @returns Whether the regular beat is due.
   */
  async function rest(slotMs: number, lastMs: number, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const rang = await bell.wait(Math.max(0, slotMs - clock.nowMs()), signal);
      if (!rang) return true;
      if (current().digest === acceptedDigest) continue;
      await clock.sleep(Math.max(0, lastMs + MIN_SPACING_MS - clock.nowMs()), signal);
      return false;
    }
  }

  async function beatForever(signal: AbortSignal): Promise<LoopEnd> {
    let failures = 0;
    /** The slot served last: a timer may fire a little early, and must not find the same one again. */
    let servedMs = 0;
    for (;;) {
      const startedMs = clock.nowMs();
      const outcome = await beat(signal);
      if (outcome.kind === "decommissioned") return outcome;
      if (outcome.kind === "failed") {
        failures += 1;
        trouble.note(outcome.reason);
        await clock.sleep(backoffMs(failures, intervalMs, random, outcome.retryAfterMs), signal);
        continue;
      }
      failures = 0;
      const slotMs = nextSlotMs(phase, intervalMs, Math.max(clock.nowMs(), servedMs));
      if (outcome.kind === "refused") {
        trouble.note(outcome.reason);
        await clock.sleep(slotMs - clock.nowMs(), signal);
        servedMs = slotMs;
      } else {
        trouble.over();
        if (await rest(slotMs, startedMs, signal)) servedMs = slotMs;
      }
    }
  }

  return {
    changed: () => bell.ring(),
    async run(signal) {
      try {
        return await beatForever(signal);
      } catch (error) {
        if (signal.aborted) return { kind: "stopped" };
        throw error;
      }
    },
  };
}

function intervalOf(answer: AgentAnswer): number | null {
  const intervalMs = Number(answer.headers[HEADERS.intervalMs]);
  const usable = intervalMs >= MIN_INTERVAL_MS && intervalMs <= MAX_INTERVAL_MS;
  return usable ? Math.floor(intervalMs) : null;
}
