import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import { type DesiredState, parseDesiredState } from "../wire/desired.ts";
import { failureOf, isDecommissioned, type LoopEnd, refusalOf } from "./answer.ts";
import { backoffMs, parseRetryAfter } from "./backoff.ts";
import type { DesiredFile } from "./desired-file.ts";
import type { AgentTransport } from "./transport.ts";
import { createTrouble } from "./trouble.ts";

/** How long the master may hold the question until something changes. */
const WAIT_S = 25;
const TIMEOUT_MS = 35_000;
const MAX_BACKOFF_MS = 30_000;
/** Least time between two questions that brought nothing new: some master may not hold them. */
const MIN_SPACING_MS = 1_000;

export interface DesiredLoopParts {
  readonly file: DesiredFile;
  readonly transport: AgentTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Called with every state that differs in generation from the one before. */
  readonly onDesired: (state: DesiredState) => void;
}

type Poll =
  | { readonly kind: "changed"; readonly state: DesiredState }
  | { readonly kind: "unchanged" }
  | { readonly kind: "decommissioned" }
  | { readonly kind: "failed"; readonly reason: string; readonly retryAfterMs: number | null };

/** Asks the master, again and again, what this host is to run. The agent itself listens nowhere. */
export async function runDesiredLoop(
  parts: DesiredLoopParts,
  signal: AbortSignal,
): Promise<LoopEnd> {
  try {
    return await pollForever(parts, signal);
  } catch (error) {
    if (signal.aborted) return { kind: "stopped" };
    throw error;
  }
}

async function pollForever(parts: DesiredLoopParts, signal: AbortSignal): Promise<LoopEnd> {
  const { clock, random, log } = parts;
  const trouble = createTrouble(log, "asking for the desired state");
  const saving = createTrouble(log, "saving the desired state");
  let generation = parts.file.last?.generation ?? null;
  let failures = 0;
  for (;;) {
    const startedMs = clock.nowMs();
    const outcome = await poll(parts, generation, signal);
    if (outcome.kind === "decommissioned") return outcome;
    if (outcome.kind === "failed") {
      failures += 1;
      trouble.note(outcome.reason);
      await clock.sleep(backoffMs(failures, MAX_BACKOFF_MS, random, outcome.retryAfterMs), signal);
      continue;
    }
    failures = 0;
    trouble.over();
    if (outcome.kind === "changed" && outcome.state.generation !== generation) {
      generation = outcome.state.generation;
      // What the master wants is done also where it cannot be saved: it will be asked for again.
      await parts.file.save(outcome.state).then(
        () => saving.over(),
        (error: unknown) => saving.note(error instanceof Error ? error.message : String(error)),
      );
      parts.onDesired(outcome.state);
      continue;
    }
    await clock.sleep(Math.max(0, startedMs + MIN_SPACING_MS - clock.nowMs()), signal);
  }
}

async function poll(
  { transport, clock }: DesiredLoopParts,
  generation: number | null,
  signal: AbortSignal,
): Promise<Poll> {
  try {
    const answer = await transport.request({
      method: "GET",
      path: "/swarm/desired",
      headers: {
        prefer: `wait=${WAIT_S}`, // RFC 7240, section 4.3
        ...(generation !== null && { "if-none-match": `"${generation}"` }),
      },
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (answer.status === 304) return { kind: "unchanged" };
    if (isDecommissioned(answer)) return { kind: "decommissioned" };
    if (answer.status === 200) {
      const state = parseDesiredState(answer.body);
      if (state !== null) return { kind: "changed", state };
      return {
        kind: "failed",
        reason: "the master's answer is not a desired state; what runs is kept",
        retryAfterMs: null,
      };
    }
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], clock.nowMs());
    return { kind: "failed", reason: refusalOf(answer), retryAfterMs };
  } catch (error) {
    return { kind: "failed", reason: failureOf(error, signal), retryAfterMs: null };
  }
}
