import { createHash } from "node:crypto";
import type { ErrorCode } from "../../domain/errors.ts";
import type { RecoveryBounds, RecoveryRefusal } from "../../domain/renewal.ts";
import type { Authority } from "../../pki/authority.ts";
import { readSigningRequest } from "../../pki/csr.ts";
import { verifyStatement } from "../../pki/proof.ts";
import type { Store } from "../../store/store.ts";
import { type RecoveryRequest, type RenewalAnswer, recoveryStatement } from "../../wire/renewal.ts";
import type { Challenges } from "./challenges.ts";

export interface RecoverHostDeps {
  readonly store: Pick<Store, "findPinnedKey" | "recoverHost" | "audited">;
  readonly authority: Authority;
  readonly challenges: Challenges;
  readonly recoveryBounds: RecoveryBounds;
  readonly agentCertificateTtlMs: number;
}

export type RecoverHostOutcome =
  | { readonly kind: "recovered"; readonly again: boolean; readonly answer: RenewalAnswer }
  | {
      readonly kind: "refused";
      readonly code: Extract<
        ErrorCode,
        RecoveryRefusal | "challenge-unknown" | "proof-invalid" | "csr-invalid"
      >;
      /** What was wrong just now; null where the code says it all. */
      readonly detail: string | null;
      /** True if the pinned key was proved: then it was the host itself, or who has its key. */
      readonly proved: boolean;
    };

/**
 * Gives a host whose certificate ran out another one, once it has proved that it holds the key of
 * the old one, or says why not. Whoever proves nothing learns nothing: not even if there is such a
 * host.
 *
 * @throws {StoreUnavailable} Nothing was written.
 */
export async function recoverHost(
  deps: RecoverHostDeps,
  request: RecoveryRequest,
  { address, nowMs }: { readonly address: string; readonly nowMs: number },
): Promise<RecoverHostOutcome> {
  const { store, challenges } = deps;
  const { host_uuid: hostUuid, csr: csrPem, nonce } = request;
  if (!challenges.isOpen(nonce, hostUuid, nowMs)) return unproved("challenge-unknown");
  const pinned = await store.findPinnedKey(hostUuid);
  const csrDigest = createHash("sha256").update(csrPem).digest("hex");
  const statement = recoveryStatement({ hostUuid, nonce, csrDigest });
  if (pinned === null || !verifyStatement(pinned.publicKey, statement, request.signature)) {
    return unproved("proof-invalid");
  }
  // Asked again: while the key was looked up, the same request may have come a second time.
  if (!challenges.isOpen(nonce, hostUuid, nowMs)) return unproved("challenge-unknown");
  challenges.spend(nonce, nowMs);

  const csr = readSigningRequest(csrPem);
  if (csr.kind === "refused") return refused("csr-invalid", csr.reason);
  const issued = await deps.authority.issueAgent({
    publicKey: csr.publicKey,
    hostUuid,
    nowMs,
    ttlMs: deps.agentCertificateTtlMs,
  });
  const recovery = {
    hostUuid,
    fingerprint: pinned.fingerprint,
    nowMs,
    bounds: deps.recoveryBounds,
    next: { ...issued, publicKey: Buffer.from(csr.publicKey).toString("base64") },
  };
  const entry = {
    atMs: nowMs,
    actor: `host:${hostUuid}`,
    action: "host.recover",
    target: hostUuid,
    address,
  };
  const outcome = await store.audited(entry, () => store.recoverHost(recovery));
  if (outcome.kind === "refused") {
    return outcome.code === "key-not-new"
      ? refused("csr-invalid", "the key is that of the old certificate; a recovery takes a new one")
      : refused(outcome.code);
  }
  return {
    kind: "recovered",
    again: outcome.again,
    answer: {
      certificate: outcome.certificatePem,
      authority: deps.authority.certificatePem,
    },
  };
}

type Code = Extract<RecoverHostOutcome, { kind: "refused" }>["code"];

function unproved(code: Code): RecoverHostOutcome {
  return { kind: "refused", code, detail: null, proved: false };
}

function refused(code: Code, detail: string | null = null): RecoverHostOutcome {
  return { kind: "refused", code, detail, proved: true };
}
