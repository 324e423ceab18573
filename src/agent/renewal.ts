import { X509Certificate } from "node:crypto";
import { DecnetError } from "../domain/errors.ts";
import { renewalTimeMs } from "../domain/renewal.ts";
import { lifeOf } from "../pki/certificate.ts";
import type { LoopEnd } from "./answer.ts";
import { backoffMs } from "./backoff.ts";
import { type Bell, createBell } from "./bell.ts";
import { askTime, recover, renew } from "./certify-next.ts";
import { wipeHalfWritten } from "./identity.ts";
import { loadNext } from "./next-identity.ts";
import {
  type Attempt,
  certified,
  hasExpired,
  type RenewalParts,
  type RenewalState,
} from "./renewal-state.ts";
import { createRenewalWatch } from "./renewal-watch.ts";
import {
  type Credentials,
  createSwitchingTransport,
  type SwitchingTransport,
} from "./switching-transport.ts";
import { createTrouble } from "./trouble.ts";
import { tryNext } from "./try-next.ts";

/** A wait is cut into pieces no longer than this, since clocks are set. */
const LONGEST_WAIT_MS = 3_600_000;
const MAX_BACKOFF_MS = 300_000;

export interface Renewal {
  /** Under whatever certificate is the right one just then. */
  readonly transport: SwitchingTransport;
  /** What is current now. */
  credentials(): Credentials;
  /** Keeps the certificate fresh. To be started before all that uses `transport`. */
  run(signal: AbortSignal): Promise<LoopEnd>;
}

/**
 * Renews the certificate at about half its life, each time with a new key, and recovers it if it
 * ran out. Whatever is cut short at whatever point, what lies in `dataDir` can connect: the next key
 * is on disk before it is asked for, and the old one goes only when the master has taken the new one.
 */
export async function openRenewal(parts: RenewalParts): Promise<Renewal> {
  const { clock } = parts;
  const bell = createBell(clock);
  const watch = createRenewalWatch(clock, bell);
  const { keyPem, certificatePem } = parts.identity;
  const current = { keyPem, certificatePem };
  await wipeHalfWritten(parts.dataDir);
  const next = await loadNext(parts.dataDir);
  const transport = createSwitchingTransport({
    // Once it was sent, the master may have taken it, and the one before would then be an alarm.
    initial: certified(next) ?? current,
    open: parts.open,
    onAnswer(answer) {
      watch.answered(answer);
      parts.learning.heard(answer);
    },
    onFailure: () => watch.failed(),
  });
  const state: RenewalState = {
    ...parts,
    step: parts.step ?? (() => {}),
    current,
    next,
    transport,
    watch,
  };
  return {
    transport,
    credentials: () => state.current,
    async run(signal) {
      try {
        return await renewForever(state, bell, signal);
      } catch (error) {
        if (signal.aborted) return { kind: "stopped" };
        throw error;
      }
    },
  };
}

async function renewForever(
  state: RenewalState,
  bell: Bell,
  signal: AbortSignal,
): Promise<LoopEnd> {
  const { clock, random, watch } = state;
  const trouble = createTrouble(state.log, "renewing the certificate");
  let failures = 0;
  let renewAtMs = renewTimeOf(state);
  for (;;) {
    const attempt = await attemptWhatIsDue(state, renewAtMs, signal);
    if (attempt === null) {
      const nowMs = watch.nowMs();
      await bell.wait(Math.min(renewAtMs - nowMs, watch.patienceMs(), LONGEST_WAIT_MS), signal);
      continue;
    }
    if (attempt.kind === "decommissioned") return attempt;
    if (attempt.kind === "failed") {
      failures += 1;
      trouble.note(attempt.reason);
      await clock.sleep(backoffMs(failures, mostPauseMs(state), random), signal);
      continue;
    }
    failures = 0;
    trouble.over();
    renewAtMs = renewTimeOf(state);
  }
}

/** @returns null if nothing is due. */
async function attemptWhatIsDue(
  state: RenewalState,
  renewAtMs: number,
  signal: AbortSignal,
): Promise<Attempt | null> {
  const { watch, current, next } = state;
  try {
    const following = certified(next);
    if (following !== null && !hasExpired(state, following)) return await tryNext(state, signal);
    if (watch.shouldAskTime()) await askTime(state, signal);
    if (hasExpired(state, current)) return await recover(state, signal);
    if (watch.nowMs() < renewAtMs) return null;
    return await renew(state, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DecnetError)) throw error;
    return { kind: "failed", reason: `${error.message}. ${error.remedy}` };
  }
}

function renewTimeOf({ current, random }: RenewalState): number {
  return renewalTimeMs(lifeOf(new X509Certificate(current.certificatePem)), random);
}

/** Of the time that is left from half the life on, a tenth at most is waited at once. */
function mostPauseMs({ current }: RenewalState): number {
  const { sinceMs, notAfterMs } = lifeOf(new X509Certificate(current.certificatePem));
  return Math.min(MAX_BACKOFF_MS, (notAfterMs - sinceMs) / 20);
}
