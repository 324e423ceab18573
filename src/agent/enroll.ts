import { DecnetError, ERRORS, isErrorCode } from "../domain/errors.ts";
import { makeSigningRequest } from "../pki/csr.ts";
import { readJoinToken } from "../pki/join-token.ts";
import { readAuthorities } from "../pki/trust.ts";
import {
  type EnrollmentAnswer,
  type EnrollmentRequest,
  parseEnrollmentAnswer,
} from "../wire/enrollment.ts";
import { postUnderAuthority } from "./authority-post.ts";
import { dropKey, fits, type Identity, loadIdentity, saveIdentity, saveKey } from "./identity.ts";
import { fetchAuthority } from "./trusted-authority.ts";

/**
 * Enrolls this machine: makes its key, has it certified by the master that the token names, and
 * keeps the identity in `dir`. Nothing of the token is sent before the server has proved to be that
 * master. Cut short at any point, it leaves a directory from which it can start again; refused, it
 * leaves no key behind.
 *
 * @param hostName What to be called; null leaves it to the token or the master.
 * @param nowMs This machine's clock, Unix milliseconds.
 * @throws {DecnetError} `already-enrolled`, `token-malformed`, `master-unreachable`,
 *   `master-not-trusted`, `clock-off`, `data-unusable`, or the master's own refusal, such as
 *   `token-used`, `token-expired` or `host-name-taken`.
 * @throws The signal's reason, if `signal` aborts.
 */
export async function enroll(deps: {
  readonly tokenText: string;
  readonly dir: string;
  readonly hostName: string | null;
  readonly agentVersion: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<Identity> {
  const { dir, hostName, agentVersion, nowMs, signal } = deps;
  const token = readJoinToken(deps.tokenText);
  if (token === null) throw new DecnetError("token-malformed");
  if ((await loadIdentity(dir)) !== null) throw new DecnetError("already-enrolled", dir);

  const authorityPem = await fetchAuthority({ ...token, nowMs, signal });
  const { keyPem, requestPem } = await makeSigningRequest();
  await saveKey(dir, keyPem);
  const body: EnrollmentRequest = {
    token: deps.tokenText.trim(),
    csr: requestPem,
    agent_version: agentVersion,
    ...(hostName === null ? {} : { host_name: hostName }),
  };
  const { status, code, text } = await postUnderAuthority({
    host: token.host,
    port: token.port,
    path: "/enroll",
    authorityPem,
    body,
    signal,
  });
  if (status !== 201) {
    await dropKey(dir, keyPem);
    throw refusalOf(status, code, text);
  }
  const answer = parseEnrollmentAnswer(text);
  if (answer === null) throw new DecnetError("master-not-trusted", "its answer cannot be read");

  const identity = {
    hostUuid: answer.host_uuid,
    hostName: answer.host_name,
    agentHost: answer.agent_host,
    agentPort: answer.agent_port,
    enrollmentPort: token.port,
    keyPem,
    certificatePem: answer.certificate,
    authorityPem: trustedAfter(answer, keyPem, authorityPem),
  };
  if (!fits(identity)) {
    throw new DecnetError("master-not-trusted", "it gave a certificate of another key");
  }
  await saveIdentity(dir, identity);
  return identity;
}

/**
 * The authority that the token vouches for, whatever the answer says; and, where another takes its
 * place and issued the certificate, that one: it came over a connection that the first vouches for.
 */
function trustedAfter(
  { certificate: certificatePem, authority }: EnrollmentAnswer,
  keyPem: string,
  authorityPem: string,
): string {
  if (fits({ keyPem, certificatePem, authorityPem })) return authorityPem;
  const both = readAuthorities(`${authority}\n${authorityPem}`);
  return both?.map(({ certificatePem }) => certificatePem).join("") ?? authorityPem;
}

function refusalOf(status: number, code: string | null, text: string): DecnetError {
  if (code === null || !isErrorCode(code)) {
    return new DecnetError("master-unreachable", `it answered with HTTP status ${status}`);
  }
  return new DecnetError(code, detailOf(text, ERRORS[code].message));
}

/** What the answer says beyond the message of its code; null if nothing. */
function detailOf(text: string, message: string): string | null {
  let detail: unknown;
  try {
    ({ detail } = JSON.parse(text) as { detail?: unknown });
  } catch {
    return null;
  }
  if (typeof detail !== "string") return detail === undefined ? null : JSON.stringify(detail);
  return detail.startsWith(`${message}: `) ? detail.slice(message.length + 2) : null;
}
