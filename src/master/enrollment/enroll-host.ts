import type { ErrorCode } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { Authorities } from "../../pki/authorities.ts";
import { readSigningRequest } from "../../pki/csr.ts";
import type { RandomBytes } from "../../pki/issue.ts";
import { readJoinToken } from "../../pki/join-token.ts";
import type { JoinToken, Store } from "../../store/store.ts";
import type { EnrollmentAnswer, EnrollmentRequest } from "../../wire/enrollment.ts";

export interface EnrollHostDeps {
  readonly store: Pick<Store, "findToken" | "enrollHost" | "noteTrust" | "audited">;
  readonly authorities: Pick<Authorities, "newest" | "trusted">;
  readonly log: Log;
  readonly random: RandomBytes;
  /** Where agents reach the agent plane. */
  readonly agentPlane: { readonly host: string; readonly port: number };
  readonly agentCertificateTtlMs: number;
}

export type EnrollHostOutcome =
  | { readonly kind: "enrolled"; readonly answer: EnrollmentAnswer }
  | {
      readonly kind: "refused";
      readonly code: Extract<ErrorCode, `token-${string}` | "csr-invalid" | "host-name-taken">;
      /** What was wrong just now; null where the code says it all. */
      readonly detail: string | null;
    };

/**
 * Enrolls one host, or says why not. The token is looked up before anything costs a signature, and
 * used up in the same transaction that creates the host: any refusal leaves it unused.
 *
 * @param address Remote address, for the host's record.
 * @throws {StoreUnavailable} Nothing was written.
 */
export async function enrollHost(
  deps: EnrollHostDeps,
  request: EnrollmentRequest,
  { address, nowMs }: { readonly address: string; readonly nowMs: number },
): Promise<EnrollHostOutcome> {
  const reading = readJoinToken(request.token);
  if (reading === null) return refused("token-malformed");
  const { secretHash, authorityFingerprint } = reading;
  const trusted = deps.authorities.trusted();
  if (!trusted.some(({ fingerprint }) => fingerprint === authorityFingerprint)) {
    return refused("token-unknown");
  }
  const token = await deps.store.findToken(secretHash);
  if (token === null) return refused("token-unknown");
  const fault = faultOf(token, nowMs);
  if (fault !== null) return refused(fault);

  const csr = readSigningRequest(request.csr);
  if (csr.kind === "refused") return refused("csr-invalid", csr.reason);

  const uuid = uuidOf(deps.random(16));
  const name = token.hostName ?? request.host_name ?? `host-${uuid.slice(0, 8)}`;
  const authority = deps.authorities.newest();
  const issued = await authority.issueAgent({
    publicKey: csr.publicKey,
    hostUuid: uuid,
    nowMs,
    ttlMs: deps.agentCertificateTtlMs,
  });
  const entry = {
    atMs: nowMs,
    actor: `host:${uuid}`,
    action: "host.enroll",
    target: name,
    address,
  };
  const enrollment = {
    secretHash,
    nowMs,
    uuid,
    name,
    address,
    agentVersion: request.agent_version ?? null,
    fingerprint: issued.fingerprint,
    certificateNotAfterMs: issued.notAfterMs,
    publicKey: Buffer.from(csr.publicKey).toString("base64"),
  };
  const outcome = await deps.store.audited(entry, () => deps.store.enrollHost(enrollment));
  if (outcome.kind === "refused") return refused(outcome.code);
  await noteTrust(deps, {
    fingerprint: issued.fingerprint,
    nowMs,
    authority: authority.fingerprint,
    // What its token vouched for; whatever else it comes to trust, it says itself.
    trusted: [authorityFingerprint],
  });
  return {
    kind: "enrolled",
    answer: {
      host_uuid: outcome.host.uuid,
      host_name: outcome.host.name,
      certificate: issued.certificatePem,
      authority: authority.certificatePem,
      agent_host: deps.agentPlane.host,
      agent_port: deps.agentPlane.port,
    },
  };
}

async function noteTrust(
  { store, log }: EnrollHostDeps,
  report: Parameters<Store["noteTrust"]>[0],
): Promise<void> {
  try {
    await store.noteTrust(report);
  } catch (error) {
    // It is enrolled, and cannot be so again: to answer anything else would lose it.
    log.error("what an enrolled host trusts could not be kept", { error });
  }
}

/** Revoked reads as unknown: the token's bearer need not learn that it once was good. */
function faultOf(
  token: JoinToken,
  nowMs: number,
): "token-unknown" | "token-used" | "token-expired" | null {
  if (token.revokedMs !== null) return "token-unknown";
  if (token.usedMs !== null) return "token-used";
  return nowMs >= token.expiresMs ? "token-expired" : null;
}

function refused(
  code: Extract<EnrollHostOutcome, { kind: "refused" }>["code"],
  detail: string | null = null,
): EnrollHostOutcome {
  return { kind: "refused", code, detail };
}

/** A random UUID, version 4 (RFC 9562, section 5.4). */
function uuidOf(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
