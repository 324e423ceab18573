import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { DecnetError, ERRORS, isErrorCode } from "../domain/errors.ts";
import { checkMasterCertificate, MASTER_NAME } from "../pki/certificate.ts";
import { makeSigningRequest } from "../pki/csr.ts";
import { readJoinToken } from "../pki/join-token.ts";
import { type EnrollmentRequest, parseEnrollmentAnswer } from "../wire/enrollment.ts";
import { HEADERS } from "../wire/headers.ts";
import { fits, type Identity, loadIdentity, saveIdentity, saveKey } from "./identity.ts";
import { fetchAuthority } from "./trusted-authority.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 65_536;

/** Of a failed verification, by OpenSSL's name. */
const CLOCK_FAULTS: readonly string[] = ["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"];

/**
 * Enrolls this machine: makes its key, has it certified by the master that the token names, and
 * keeps the identity in `dir`. Nothing of the token is sent before the server has proved to be that
 * master. Cut short at any point, it leaves a directory from which it can start again.
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
  const { status, code, text } = await post({ ...token, authorityPem, body, signal });
  if (status !== 201) throw refusalOf(status, code, text);
  const answer = parseEnrollmentAnswer(text);
  if (answer === null) throw new DecnetError("master-not-trusted", "its answer cannot be read");

  const identity = {
    hostUuid: answer.host_uuid,
    hostName: answer.host_name,
    agentHost: answer.agent_host,
    agentPort: answer.agent_port,
    keyPem,
    certificatePem: answer.certificate,
    // The one that the token vouches for, whatever the answer says.
    authorityPem,
  };
  if (!fits(identity)) {
    throw new DecnetError("master-not-trusted", "it gave a certificate of another key");
  }
  await saveIdentity(dir, identity);
  return identity;
}

interface EnrollResponse {
  readonly status: number;
  /** Code of a refusal, if the master named one. */
  readonly code: string | null;
  readonly text: string;
}

async function post(deps: {
  readonly host: string;
  readonly port: number;
  readonly authorityPem: string;
  readonly body: EnrollmentRequest;
  readonly signal?: AbortSignal | undefined;
}): Promise<EnrollResponse> {
  const body = JSON.stringify(deps.body);
  const outgoing = httpsRequest({
    agent: false,
    host: deps.host,
    port: deps.port,
    method: "POST",
    path: "/enroll",
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    ca: deps.authorityPem,
    servername: MASTER_NAME,
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    checkServerIdentity: (_name, peer) => {
      const fault = checkMasterCertificate(new X509Certificate(peer.raw));
      return fault === null ? undefined : new DecnetError("master-not-trusted", fault);
    },
    timeout: TIMEOUT_MS,
    signal: deps.signal,
  });
  outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
  // Whoever awaits gets the error; this one is for what comes after the answer has begun.
  outgoing.on("error", () => {});
  try {
    const answered = once(outgoing, "response");
    outgoing.end(body);
    const [incoming] = (await answered) as [IncomingMessage];
    return await readResponse(incoming);
  } catch (error) {
    deps.signal?.throwIfAborted();
    throw connectionFault(error);
  }
}

async function readResponse(incoming: IncomingMessage): Promise<EnrollResponse> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`answer over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(part);
  }
  const code = incoming.headers[HEADERS.error];
  return {
    status: incoming.statusCode ?? 0,
    code: typeof code === "string" ? code : null,
    text: Buffer.concat(chunks).toString("utf8"),
  };
}

function connectionFault(error: unknown): DecnetError {
  if (error instanceof DecnetError) return error;
  const { code = "", message } = error as NodeJS.ErrnoException;
  if (CLOCK_FAULTS.includes(code)) return new DecnetError("clock-off", message, { cause: error });
  const certificateFault = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_PURPOSE)/.test(code);
  return new DecnetError(certificateFault ? "master-not-trusted" : "master-unreachable", message, {
    cause: error,
  });
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
