import { X509Certificate } from "node:crypto";
import type { Clock } from "../domain/clock.ts";
import { DecnetError, ERRORS, isErrorCode } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { isExpired, renewalTimeMs } from "../domain/renewal.ts";
import { lifeOf } from "../pki/certificate.ts";
import { makeSigningRequest } from "../pki/csr.ts";
import { HEADERS } from "../wire/headers.ts";
import { parseRenewalAnswer, type RenewalAnswer, type RenewalRequest } from "../wire/renewal.ts";
import { isDecommissioned, type LoopEnd, refusalOf } from "./answer.ts";
import { backoffMs } from "./backoff.ts";
import { type Bell, createBell } from "./bell.ts";
import { CURRENT_FILES, fits, type Identity, wipeHalfWritten } from "./identity.ts";
import type { Learning } from "./learning.ts";
import {
  dropNext,
  loadNext,
  type NextIdentity,
  promoteNext,
  type Step,
  saveNext,
} from "./next-identity.ts";
import { askChallenge, recoveryPlaceOf, requestRecovery } from "./recover.ts";
import {
  type Credentials,
  createSwitchingTransport,
  type SwitchingTransport,
} from "./switching-transport.ts";
import type { AgentAnswer, AgentTransport } from "./transport.ts";
import { createTrouble } from "./trouble.ts";
import type { Trust } from "./trust.ts";

const TIMEOUT_MS = 10_000;
/** After this long without a single answer it is worth asking whether the certificate ran out. */
const OUTAGE_MS = 60_000;
const ASK_TIME_EVERY_MS = 600_000;
/** A wait is cut into pieces no longer than this, since clocks are set. */
const LONGEST_WAIT_MS = 3_600_000;
const MAX_BACKOFF_MS = 300_000;

export interface RenewalParts {
  /** Holds the identity's files. */
  readonly dataDir: string;
  readonly identity: Identity;
  readonly open: (credentials: Credentials) => AgentTransport;
  readonly clock: Clock;
  readonly trust: Trust;
  /** Told of every answer, and when another certificate is the current one. */
  readonly learning: Pick<Learning, "heard" | "renewed">;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** For tests of what a crash leaves behind. */
  readonly step?: Step | undefined;
}

export interface Renewal {
  /** Under whatever certificate is the right one just then. */
  readonly transport: SwitchingTransport;
  /** What is current now. */
  credentials(): Credentials;
  /** Keeps the certificate fresh. To be started before all that uses `transport`. */
  run(signal: AbortSignal): Promise<LoopEnd>;
}

/** What one attempt came to. */
type Attempt =
  | { readonly kind: "done" }
  | { readonly kind: "decommissioned" }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * Renews the certificate at about half its life, each time with a new key, and recovers it if it
 * ran out. Whatever is cut short at whatever point, what lies in `dataDir` can connect: the next key
 * is on disk before it is asked for, and the old one goes only when the master has taken the new one.
 */
export async function openRenewal(parts: RenewalParts): Promise<Renewal> {
  const { clock } = parts;
  const bell = createBell(clock);
  const watch = createWatch(clock, bell);
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
  const state: State = {
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

interface State extends Omit<RenewalParts, "step"> {
  current: Credentials;
  next: NextIdentity | null;
  readonly step: Step;
  readonly transport: SwitchingTransport;
  readonly watch: Watch;
}

async function renewForever(state: State, bell: Bell, signal: AbortSignal): Promise<LoopEnd> {
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
  state: State,
  renewAtMs: number,
  signal: AbortSignal,
): Promise<Attempt | null> {
  const { watch, current, next } = state;
  try {
    if (certified(next) !== null && !hasExpired(state, certified(next))) {
      return await tryNext(state, signal);
    }
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

/** Has the next key certified over the current identity. */
async function renew(state: State, signal: AbortSignal): Promise<Attempt> {
  const next = await pendingKey(state);
  await state.step("send-request");
  const body: RenewalRequest = { csr: next.requestPem };
  const answer = await state.transport.request({
    method: "POST",
    path: "/swarm/renew",
    body: JSON.stringify(body),
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  if (isDecommissioned(answer)) return { kind: "decommissioned" };
  const renewed = answer.status === 200 ? parseRenewalAnswer(answer.body) : null;
  if (renewed === null) return { kind: "failed", reason: refusalOf(answer) };
  return await keepCertificate(state, next, renewed);
}

/** Has it certified by proof of the key of the certificate that ran out. */
async function recover(state: State, signal: AbortSignal): Promise<Attempt> {
  const { watch } = state;
  const place = recoveryPlaceOf(state);
  if (place === null) {
    return { kind: "failed", reason: ERRORS["certificate-expired"].remedy };
  }
  const challenge = await askChallenge(place, signal);
  watch.toldTime(challenge.nowMs);
  if (!hasExpired(state, state.current)) {
    return { kind: "failed", reason: "by the master's clock the certificate has not run out" };
  }
  const next = await pendingKey(state);
  await state.step("send-request");
  const { nonce } = challenge;
  const proof = { nonce, requestPem: next.requestPem, keyPem: state.current.keyPem };
  const answer = await requestRecovery(place, proof, signal);
  if (answer.kind === "certificate") return await keepCertificate(state, next, answer.answer);
  if (answer.code === "host-decommissioned") return { kind: "decommissioned" };
  if (answer.code === "proof-invalid" && next.certificatePem !== null) {
    // The next one became current before both ran out: then its key is the one to prove.
    await promote(state, next);
    return { kind: "done" };
  }
  return { kind: "failed", reason: reasonOf(answer.code, answer.status) };
}

async function keepCertificate(
  state: State,
  next: NextIdentity,
  { certificate: certificatePem, authority }: RenewalAnswer,
): Promise<Attempt> {
  const { keyPem } = next;
  const isFit = () => fits({ keyPem, certificatePem, authorityPem: state.trust.pem() });
  // Of a new authority, perhaps: it came over a connection that one of the known ones vouches for.
  if (!isFit()) await state.trust.add(authority);
  if (!isFit()) {
    return { kind: "failed", reason: "the master's answer is no certificate of the key asked for" };
  }
  await state.step("save-certificate");
  const certified = { ...next, certificatePem };
  await saveNext(state.dataDir, certified);
  state.next = certified;
  state.watch.renewed();
  return { kind: "done" };
}

/** The first request under the next certificate: with it, the master retires the current one. */
async function tryNext(state: State, signal: AbortSignal): Promise<Attempt> {
  const { next } = state;
  const credentials = certified(next);
  if (next === null || credentials === null) throw new Error("no next certificate to try");
  let verdict: Verdict = { kind: "unheard", reason: "no answer" };
  // After a restart the next one is in use from the start, so that the way back is a way of its own.
  await state.transport.tryOn(credentials, state.current, async (transport) => {
    await state.step("try-certificate");
    verdict = await judgeNext(transport, signal);
    // Who was not heard may have been taken all the same: the old one would be an alarm then.
    return verdict.kind !== "refused";
  });
  return await conclude(state, next, verdict);
}

type Verdict =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused" }
  | { readonly kind: "decommissioned" }
  | { readonly kind: "unheard"; readonly reason: string };

async function judgeNext(transport: AgentTransport, signal: AbortSignal): Promise<Verdict> {
  try {
    const answer = await transport.request({
      method: "GET",
      path: "/swarm/desired",
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (answer.status === 200 || answer.status === 304) return { kind: "accepted" };
    if (isDecommissioned(answer)) return { kind: "decommissioned" };
    if (answer.headers[HEADERS.error] === "certificate-mismatch") return { kind: "refused" };
    return { kind: "unheard", reason: refusalOf(answer) };
  } catch (error) {
    if (!(error instanceof DecnetError)) throw error;
    return { kind: "unheard", reason: error.message };
  }
}

async function conclude(state: State, next: NextIdentity, verdict: Verdict): Promise<Attempt> {
  if (verdict.kind === "decommissioned") return verdict;
  if (verdict.kind === "unheard") return { kind: "failed", reason: verdict.reason };
  if (verdict.kind === "accepted") {
    await promote(state, next);
    state.log.info("certificate renewed");
    return { kind: "done" };
  }
  await dropNext(state.dataDir);
  state.next = null;
  return { kind: "failed", reason: "the master does not take the next certificate" };
}

async function promote(state: State, next: NextIdentity): Promise<void> {
  if (next.certificatePem === null) throw new Error("a key without a certificate is not current");
  await promoteNext(state.dataDir, CURRENT_FILES, state.step);
  state.current = { keyPem: next.keyPem, certificatePem: next.certificatePem };
  state.next = null;
  state.learning.renewed();
}

/** The key that is to be certified next: on disk before anybody hears of it. */
async function pendingKey(state: State): Promise<NextIdentity> {
  if (state.next !== null) return state.next;
  await state.step("make-key");
  const made = { ...(await makeSigningRequest()), certificatePem: null };
  await saveNext(state.dataDir, made);
  state.next = made;
  return made;
}

async function askTime(state: State, signal: AbortSignal): Promise<void> {
  const place = recoveryPlaceOf(state);
  state.watch.askedTime();
  if (place === null) return;
  const { nowMs } = await askChallenge(place, signal);
  state.watch.toldTime(nowMs);
}

function renewTimeOf({ current, random }: State): number {
  return renewalTimeMs(lifeOf(new X509Certificate(current.certificatePem)), random);
}

/** Of the time that is left from half the life on, a tenth at most is waited at once. */
function mostPauseMs({ current }: State): number {
  const { sinceMs, notAfterMs } = lifeOf(new X509Certificate(current.certificatePem));
  return Math.min(MAX_BACKOFF_MS, (notAfterMs - sinceMs) / 20);
}

function hasExpired({ watch }: State, credentials: Credentials | null): boolean {
  if (credentials === null) return false;
  const { notAfterMs } = lifeOf(new X509Certificate(credentials.certificatePem));
  return isExpired(notAfterMs, watch.nowMs()) || watch.saidExpired();
}

function certified(next: NextIdentity | null): Credentials | null {
  if (next === null || next.certificatePem === null) return null;
  return { keyPem: next.keyPem, certificatePem: next.certificatePem };
}

function reasonOf(code: string | null, status: number): string {
  return code !== null && isErrorCode(code)
    ? `${ERRORS[code].message}. ${ERRORS[code].remedy}`
    : `HTTP status ${status}`;
}

/** What the answers to other requests tell: the master's time, and whether it still hears us. */
interface Watch {
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

function createWatch(clock: Clock, bell: Bell): Watch {
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
