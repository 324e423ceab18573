import { createHash } from "node:crypto";
import { DecnetError } from "../domain/errors.ts";
import { signStatement } from "../pki/proof.ts";
import {
  parseChallengeAnswer,
  parseRenewalAnswer,
  type RecoveryRequest,
  type RenewalAnswer,
  recoveryStatement,
} from "../wire/renewal.ts";
import { postUnderAuthority } from "./authority-post.ts";
import type { Identity } from "./identity.ts";
import type { Trust } from "./trust.ts";

/** Where to recover, and as whom. */
export interface RecoveryPlace {
  readonly hostUuid: string;
  readonly host: string;
  readonly port: number;
  readonly authorityPem: string;
}

/** @returns null of an identity that does not know where recoveries are taken. */
export function recoveryPlaceOf(agent: {
  readonly identity: Identity;
  readonly trust: Pick<Trust, "pem">;
}): RecoveryPlace | null {
  const { hostUuid, agentHost: host, enrollmentPort: port = null } = agent.identity;
  return port === null ? null : { hostUuid, host, port, authorityPem: agent.trust.pem() };
}

export interface Challenge {
  readonly nonce: string;
  /** Master's clock, Unix milliseconds. */
  readonly nowMs: number;
}

/** @throws As `postUnderAuthority` does; DecnetError `answer-unexpected`. */
export async function askChallenge(place: RecoveryPlace, signal: AbortSignal): Promise<Challenge> {
  const body = { host_uuid: place.hostUuid };
  const answer = await postUnderAuthority({ ...place, path: "/recover/challenge", body, signal });
  const challenge = answer.status === 200 ? parseChallengeAnswer(answer.text) : null;
  if (challenge === null) {
    throw new DecnetError("answer-unexpected", `recovery: HTTP status ${answer.status}`);
  }
  return { nonce: challenge.nonce, nowMs: challenge.now_ms };
}

/**
 * Asks for a certificate in place of one that ran out, by proof of its key.
 * @returns The certificate and its authority; or the code of the refusal, null if the master named none.
 * @throws As `postUnderAuthority` does.
 */
export async function requestRecovery(
  place: RecoveryPlace,
  parts: {
    readonly nonce: string;
    readonly requestPem: string;
    /** Of the certificate that ran out. */
    readonly keyPem: string;
  },
  signal: AbortSignal,
): Promise<
  | { readonly kind: "certificate"; readonly answer: RenewalAnswer }
  | { readonly kind: "refused"; readonly code: string | null; readonly status: number }
> {
  const { nonce, requestPem: csr } = parts;
  const csrDigest = createHash("sha256").update(csr).digest("hex");
  const statement = recoveryStatement({ hostUuid: place.hostUuid, nonce, csrDigest });
  const signature = signStatement(parts.keyPem, statement);
  const body: RecoveryRequest = { host_uuid: place.hostUuid, csr, nonce, signature };
  const { status, code, text } = await postUnderAuthority({
    ...place,
    path: "/recover",
    body,
    signal,
  });
  const answer = status === 200 ? parseRenewalAnswer(text) : null;
  if (answer === null) return { kind: "refused", code, status };
  return { kind: "certificate", answer };
}
