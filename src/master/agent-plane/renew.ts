import { judgeIdentity } from "../../domain/heartbeat.ts";
import type { Log } from "../../domain/log.ts";
import type { Authority } from "../../pki/authority.ts";
import { readSigningRequest } from "../../pki/csr.ts";
import type { Store } from "../../store/store.ts";
import { parseRenewalRequest, type RenewalAnswer } from "../../wire/renewal.ts";
import { type AgentAnswer, type AgentRequest, JSON_TYPE, type Peer, refuse } from "./exchange.ts";
import { createPace } from "./pace.ts";

/** A certificate that was issued is remembered for ever, so no host gets many in a short time. */
const PACE = { burst: 6, perSecond: 1 / 60 };

export interface RenewDeps {
  readonly store: Pick<Store, "findPin" | "renewHost" | "audited">;
  readonly authority: Pick<Authority, "issueAgent" | "certificatePem">;
  readonly agentCertificateTtlMs: number;
  readonly nowMs: () => number;
  readonly log: Log;
}

/**
 * `POST /swarm/renew`: answers 200 with the host's next certificate once that is pinned. The same
 * key once more, after a lost answer, gets the same certificate.
 */
export function createRenewHandler(deps: RenewDeps) {
  const { store, authority, log } = deps;
  const pace = createPace(PACE);

  return async (request: AgentRequest, peer: Peer): Promise<AgentAnswer> => {
    const reading = parseRenewalRequest(request.body.bytes());
    if (reading.kind === "unreadable") {
      return refuse(reading.code, reading.fields.length === 0 ? {} : { detail: reading.fields });
    }
    const nowMs = deps.nowMs();
    const { fingerprint, address } = peer;
    // Looked at again where it is written; here, so that nothing is signed for who is refused.
    const pin = await store.findPin(fingerprint);
    if (pin === null) return refuse("certificate-mismatch");
    const refusal = judgeIdentity(pin.host, { hostUuid: pin.host.uuid, slot: pin.slot });
    if (refusal !== null) return refuse(refusal);
    if (!pace.allows(pin.host.uuid, nowMs)) {
      return refuse("rate-limited", { headers: { "retry-after": "60" } });
    }
    const csr = readSigningRequest(reading.request.csr);
    if (csr.kind === "refused") return refuseCsr(csr.reason);

    const issued = await authority.issueAgent({
      publicKey: csr.publicKey,
      hostUuid: pin.host.uuid,
      nowMs,
      ttlMs: deps.agentCertificateTtlMs,
    });
    const publicKey = Buffer.from(csr.publicKey).toString("base64");
    const entry = {
      atMs: nowMs,
      actor: `host:${pin.host.uuid}`,
      action: "host.renew",
      target: pin.host.uuid,
      address,
    };
    const outcome = await store.audited(entry, () =>
      store.renewHost({ fingerprint, nowMs, next: { ...issued, publicKey } }),
    );
    if (outcome.kind === "refused") {
      return outcome.code === "key-not-new"
        ? refuseCsr("the key is that of the current certificate; a renewal takes a new one")
        : refuse(outcome.code);
    }
    if (!outcome.again) {
      log.info("certificate issued to follow the current one", { hostUuid: outcome.hostUuid });
    }
    const answer: RenewalAnswer = {
      certificate: outcome.certificatePem,
      authority: authority.certificatePem,
    };
    return { status: 200, headers: { ...JSON_TYPE }, body: JSON.stringify(answer) };
  };
}

function refuseCsr(reason: string): AgentAnswer {
  return refuse("csr-invalid", { detail: `signing request refused: ${reason}` });
}
