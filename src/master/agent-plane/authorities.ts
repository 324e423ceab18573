import type { Log } from "../../domain/log.ts";
import { headerOf, type TrustedAuthority } from "../../pki/trust.ts";
import type { Store } from "../../store/store.ts";
import { parseTrustReport, type TrustAnswer } from "../../wire/authorities.ts";
import { type AgentAnswer, type AgentRequest, JSON_TYPE, type Peer, refuse } from "./exchange.ts";

export interface TrustDeps {
  readonly store: Pick<Store, "noteTrust">;
  /** The newest first. */
  readonly trusted: () => readonly TrustedAuthority[];
  readonly nowMs: () => number;
  readonly log: Log;
}

/**
 * `POST /swarm/authorities`: the agent tells whom it trusts, and learns whom it is to trust. It says
 * so again once it does, so that the master knows who has learned a new authority.
 */
export function createTrustHandler(deps: TrustDeps) {
  return async (request: AgentRequest, peer: Peer): Promise<AgentAnswer> => {
    const reading = parseTrustReport(request.body.bytes());
    if (reading.kind === "unreadable") {
      return refuse(reading.code, reading.fields.length === 0 ? {} : { detail: reading.fields });
    }
    if (peer.authority === undefined) return refuse("certificate-unavailable");
    const outcome = await deps.store.noteTrust({
      fingerprint: peer.fingerprint,
      nowMs: deps.nowMs(),
      authority: peer.authority,
      trusted: reading.request.trusted,
    });
    if (outcome.kind === "refused") return refuse(outcome.code);
    const trusted = headerOf(reading.request.trusted);
    deps.log.debug("host told whom it trusts", { hostUuid: outcome.hostUuid, trusted });
    const answer: TrustAnswer = {
      authorities: deps.trusted().map(({ certificatePem }) => certificatePem),
    };
    return { status: 200, headers: { ...JSON_TYPE }, body: JSON.stringify(answer) };
  };
}
