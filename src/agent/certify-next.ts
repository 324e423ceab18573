import { ERRORS, isErrorCode } from "../domain/errors.ts";
import { makeSigningRequest } from "../pki/csr.ts";
import { parseRenewalAnswer, type RenewalAnswer, type RenewalRequest } from "../wire/renewal.ts";
import { isDecommissioned, refusalOf } from "./answer.ts";
import { fits } from "./identity.ts";
import { type NextIdentity, saveNext } from "./next-identity.ts";
import { askChallenge, recoveryPlaceOf, requestRecovery } from "./recover.ts";
import {
  type Attempt,
  hasExpired,
  promote,
  type RenewalState,
  TIMEOUT_MS,
} from "./renewal-state.ts";

/** Has the next key certified over the current identity. */
export async function renew(state: RenewalState, signal: AbortSignal): Promise<Attempt> {
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
export async function recover(state: RenewalState, signal: AbortSignal): Promise<Attempt> {
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

/** Asks a master from which nothing is heard for its time: perhaps the certificate ran out. */
export async function askTime(state: RenewalState, signal: AbortSignal): Promise<void> {
  const place = recoveryPlaceOf(state);
  state.watch.askedTime();
  if (place === null) return;
  const { nowMs } = await askChallenge(place, signal);
  state.watch.toldTime(nowMs);
}

async function keepCertificate(
  state: RenewalState,
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

/** The key that is to be certified next: on disk before anybody hears of it. */
async function pendingKey(state: RenewalState): Promise<NextIdentity> {
  if (state.next !== null) return state.next;
  await state.step("make-key");
  const made = { ...(await makeSigningRequest()), certificatePem: null };
  await saveNext(state.dataDir, made);
  state.next = made;
  return made;
}

function reasonOf(code: string | null, status: number): string {
  return code !== null && isErrorCode(code)
    ? `${ERRORS[code].message}. ${ERRORS[code].remedy}`
    : `HTTP status ${status}`;
}
