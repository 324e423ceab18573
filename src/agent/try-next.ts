import { DecnetError } from "../domain/errors.ts";
import { HEADERS } from "../wire/headers.ts";
import { isDecommissioned, refusalOf } from "./answer.ts";
import { dropNext, type NextIdentity } from "./next-identity.ts";
import {
  type Attempt,
  certified,
  promote,
  type RenewalState,
  TIMEOUT_MS,
} from "./renewal-state.ts";
import type { AgentTransport } from "./transport.ts";

/** The first request under the next certificate: with it, the master retires the current one. */
export async function tryNext(state: RenewalState, signal: AbortSignal): Promise<Attempt> {
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

async function conclude(
  state: RenewalState,
  next: NextIdentity,
  verdict: Verdict,
): Promise<Attempt> {
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
