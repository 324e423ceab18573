import type { Clock } from "../domain/clock.ts";
import { HEADERS } from "../wire/headers.ts";
import type { Bell } from "./bell.ts";
import type { AgentAnswer } from "./transport.ts";

/** After this long without a single answer it is worth asking whether the certificate ran out. */
const OUTAGE_MS = 60_000;
const ASK_TIME_EVERY_MS = 600_000;

/** What the answers to other requests tell: the master's time, and whether it still hears us. */
export interface RenewalWatch {
  answered(answer: AgentAnswer): void;
  failed(): void;
  /** By the master's clock, as far as it is known. */
  nowMs(): number;
  /** Whether the master said that the certificate ran out; until there is another. */
  saidExpired(): boolean;
  renewed(): void;
  toldTime(nowMs: number): void;
  shouldAskTime(): boolean;
  askedTime(): void;
  /** How long until the time may have to be asked for. */
  patienceMs(): number;
}

export function createRenewalWatch(clock: Clock, bell: Bell): RenewalWatch {
  let aheadMs = 0;
  let expired = false;
  let silentSinceMs: number | null = null;
  let askedMs = Number.NEGATIVE_INFINITY;
  const askAtMs = () =>
    silentSinceMs === null
      ? Number.POSITIVE_INFINITY
      : Math.max(silentSinceMs + OUTAGE_MS, askedMs + ASK_TIME_EVERY_MS);

  return {
    answered({ headers }) {
      silentSinceMs = null;
      const dateMs = Date.parse(headers["date"] ?? "");
      // Whole seconds only, so a smaller difference says nothing.
      if (Math.abs(dateMs - clock.nowMs()) > 2000) aheadMs = dateMs - clock.nowMs();
      else if (!Number.isNaN(dateMs)) aheadMs = 0;
      if (headers[HEADERS.error] !== "certificate-expired" || expired) return;
      expired = true;
      bell.ring();
    },
    failed() {
      if (silentSinceMs !== null) return;
      silentSinceMs = clock.nowMs();
      bell.ring();
    },
    nowMs: () => clock.nowMs() + aheadMs,
    saidExpired: () => expired,
    renewed() {
      expired = false;
    },
    toldTime(nowMs) {
      aheadMs = nowMs - clock.nowMs();
      // The time itself says it now.
      expired = false;
    },
    shouldAskTime: () => clock.nowMs() >= askAtMs(),
    askedTime() {
      askedMs = clock.nowMs();
    },
    patienceMs: () => askAtMs() - clock.nowMs(),
  };
}
