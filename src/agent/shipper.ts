import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import { type EventReceipt, MAX_EVENTS, parseEventReceipt } from "../wire/events.ts";
import { failureOf, isDecommissioned, type LoopEnd, refusalOf } from "./answer.ts";
import { backoffMs, parseRetryAfter } from "./backoff.ts";
import { createBell } from "./bell.ts";
import type { Spool, SpoolBatch } from "./spool.ts";
import type { AgentTransport } from "./transport.ts";
import { createTrouble } from "./trouble.ts";

const MAX_BATCH_BYTES = 1024 * 1024;
/** Events of one moment travel together, and still show within a blink. */
const GATHER_MS = 50;
/** Least time from one batch to the next: events, however many, must leave the beats their share. */
const SPACING_MS = 300;
const TIMEOUT_MS = 15_000;
const MAX_BACKOFF_MS = 30_000;
/** The master could not take the batch as such: a smaller one may pass. */
const UNREADABLE = new Set([400, 413, 422]);

export interface ShipperParts {
  readonly spool: Spool;
  readonly transport: AgentTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

export interface Shipper {
  /** There is something new in the spool. */
  arrived(): void;
  run(signal: AbortSignal): Promise<LoopEnd>;
}

/** The master's last word on a batch. */
type Settled =
  | { readonly kind: "received"; readonly batch: SpoolBatch; readonly receipt: EventReceipt }
  | { readonly kind: "unreadable"; readonly batch: SpoolBatch; readonly reason: string };

type Shipment =
  | Settled
  | { readonly kind: "empty" }
  | { readonly kind: "decommissioned" }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number | null };

/** Sends what is in the spool, oldest first, and takes out of it only what the master has. */
export function createShipper(parts: ShipperParts): Shipper {
  const { spool, clock, log } = parts;
  const bell = createBell(clock);
  const trouble = createTrouble(log, "sending events");
  const acking = createTrouble(log, "keeping the receipt of events");

  async function ack(batch: SpoolBatch): Promise<void> {
    await spool.ack(batch).then(
      () => acking.over(),
      (error: unknown) => acking.note(error instanceof Error ? error.message : String(error)),
    );
  }

  /** Takes out of the spool what the master is done with. @returns The most to send next time. */
  async function settle(outcome: Settled, maxEvents: number): Promise<number> {
    const { batch } = outcome;
    if (outcome.kind === "unreadable") {
      if (batch.events.length > 1) return Math.ceil(batch.events.length / 2);
      log.error("an event was refused and is lost", { reason: outcome.reason });
    } else if (outcome.receipt.refused.length > 0) {
      log.error("events were refused and are lost", { events: outcome.receipt.refused });
    }
    trouble.over();
    await ack(batch);
    return Math.min(MAX_EVENTS, maxEvents * 2);
  }

  async function shipForever(signal: AbortSignal): Promise<LoopEnd> {
    let failures = 0;
    let maxEvents = MAX_EVENTS;
    for (;;) {
      const startedMs = clock.nowMs();
      const outcome = await shipNext(parts, maxEvents, signal);
      if (outcome.kind === "decommissioned") return outcome;
      if (outcome.kind === "empty") {
        await bell.wait(null, signal);
        await clock.sleep(GATHER_MS, signal);
        continue;
      }
      if (outcome.kind === "failed") {
        failures += 1;
        trouble.note(outcome.reason);
        const pauseMs = backoffMs(failures, MAX_BACKOFF_MS, parts.random, outcome.retryAfterMs);
        await clock.sleep(pauseMs, signal);
        continue;
      }
      failures = 0;
      maxEvents = await settle(outcome, maxEvents);
      await clock.sleep(Math.max(0, startedMs + SPACING_MS - clock.nowMs()), signal);
    }
  }

  return {
    arrived: () => bell.ring(),
    async run(signal) {
      try {
        return await shipForever(signal);
      } catch (error) {
        if (signal.aborted) return { kind: "stopped" };
        throw error;
      }
    },
  };
}

async function shipNext(
  { spool, transport, clock }: ShipperParts,
  maxEvents: number,
  signal: AbortSignal,
): Promise<Shipment> {
  let batch: SpoolBatch | null;
  try {
    batch = await spool.read(maxEvents, MAX_BATCH_BYTES);
  } catch (error) {
    return {
      kind: "failed",
      reason: `the spool cannot be read: ${String(error)}`,
      retryAfterMs: null,
    };
  }
  if (batch === null) return { kind: "empty" };
  try {
    const answer = await transport.request({
      method: "POST",
      path: "/swarm/events",
      body: `{"events":[${batch.events.join(",")}]}`,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (isDecommissioned(answer)) return { kind: "decommissioned" };
    if (UNREADABLE.has(answer.status)) {
      return { kind: "unreadable", batch, reason: refusalOf(answer) };
    }
    const receipt = answer.status === 200 ? parseEventReceipt(answer.body) : null;
    if (receipt !== null) return { kind: "received", batch, receipt };
    const reason = answer.status === 200 ? "no receipt in the answer" : refusalOf(answer);
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], clock.nowMs());
    return { kind: "failed", reason, retryAfterMs };
  } catch (error) {
    return { kind: "failed", reason: failureOf(error, signal), retryAfterMs: null };
  }
}
