import type { Clock } from "../domain/clock.ts";
import { DecnetError } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import { headerOf } from "../pki/trust.ts";
import { parseTrustAnswer, type TrustReport } from "../wire/authorities.ts";
import { HEADERS } from "../wire/headers.ts";
import { isDecommissioned, type LoopEnd, refusalOf } from "./answer.ts";
import { backoffMs } from "./backoff.ts";
import { createBell } from "./bell.ts";
import { fits } from "./identity.ts";
import type { Credentials } from "./switching-transport.ts";
import type { AgentAnswer, AgentTransport } from "./transport.ts";
import { createTrouble } from "./trouble.ts";
import type { Trust } from "./trust.ts";

const TIMEOUT_MS = 10_000;
const MAX_BACKOFF_MS = 300_000;

/** Keeps agent and master level on whom the agent trusts. */
export interface Learning {
  /** Looks into every answer: its header tells whether there is something to learn. */
  heard(answer: AgentAnswer): void;
  /** The agent has another certificate, of another authority perhaps. */
  renewed(): void;
  run(master: Master, signal: AbortSignal): Promise<LoopEnd>;
}

export interface Master {
  readonly transport: AgentTransport;
  /** What it is asked under. */
  credentials(): Credentials;
}

export interface LearningParts {
  readonly trust: Trust;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

type Attempt =
  | { readonly kind: "done" }
  | { readonly kind: "decommissioned" }
  | { readonly kind: "failed"; readonly reason: string };

/**
 * Tells the master whom the agent trusts: at the start, whenever that changes, under each new
 * certificate, and when the master's header differs. What the master answers is trusted from then
 * on: it came over a connection that an authority which was trusted before vouches for.
 */
export function createLearning(parts: LearningParts): Learning {
  const { trust, clock, random, log } = parts;
  const bell = createBell(clock);
  const trouble = createTrouble(log, "learning whom to trust");
  let heard: string | null = null;
  /** Whom the agent trusted, and under which certificate, when the master last took it in. */
  let told: string | null = null;

  const stateOf = ({ certificatePem }: Credentials) =>
    `${trust.fingerprints().join(" ")}\n${certificatePem}`;
  const isNews = () => heard !== null && heard !== headerOf(trust.fingerprints());

  async function tell(master: Master, signal: AbortSignal): Promise<Attempt> {
    const credentials = master.credentials();
    const state = stateOf(credentials);
    const body: TrustReport = { trusted: [...trust.fingerprints()] };
    const answer = await master.transport.request({
      method: "POST",
      path: "/swarm/authorities",
      body: JSON.stringify(body),
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (isDecommissioned(answer)) return { kind: "decommissioned" };
    if (answer.status !== 200) return { kind: "failed", reason: refusalOf(answer) };
    const authorities = parseTrustAnswer(answer.body)?.authorities ?? [];
    // An identity that does not fit itself would be of no use after the next start.
    const fitting = fits({ ...master.credentials(), authorityPem: authorities.join("\n") });
    if (!fitting || !(await trust.replace(authorities))) {
      return { kind: "failed", reason: "the master's answer names no authorities to trust" };
    }
    heard = null;
    told = state;
    if (state !== stateOf(credentials)) {
      log.info("other authorities are trusted", { trusted: headerOf(trust.fingerprints()) });
    }
    return { kind: "done" };
  }

  async function keepLevel(master: Master, signal: AbortSignal): Promise<LoopEnd> {
    let failures = 0;
    for (;;) {
      if (told === stateOf(master.credentials()) && !isNews()) {
        await bell.wait(null, signal);
        continue;
      }
      const attempt = await tell(master, signal).catch((error: unknown): Attempt => {
        signal.throwIfAborted();
        if (!(error instanceof DecnetError)) throw error;
        return { kind: "failed", reason: `${error.message}. ${error.remedy}` };
      });
      if (attempt.kind === "decommissioned") return attempt;
      if (attempt.kind === "done") {
        failures = 0;
        trouble.over();
        continue;
      }
      failures += 1;
      trouble.note(attempt.reason);
      await clock.sleep(backoffMs(failures, MAX_BACKOFF_MS, random), signal);
    }
  }

  return {
    heard({ headers }) {
      heard = headers[HEADERS.authorities] ?? heard;
      if (isNews()) bell.ring();
    },
    renewed: () => bell.ring(),
    async run(master, signal) {
      try {
        return await keepLevel(master, signal);
      } catch (error) {
        if (signal.aborted) return { kind: "stopped" };
        throw error;
      }
    },
  };
}
