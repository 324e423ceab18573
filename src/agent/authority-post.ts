import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { DecnetError } from "../domain/errors.ts";
import { checkMasterCertificate } from "../pki/certificate.ts";
import { masterNameOf } from "../pki/trust.ts";
import { HEADERS } from "../wire/headers.ts";

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_BYTES = 65_536;

/** Of a failed verification, by OpenSSL's name. */
const CLOCK_FAULTS: readonly string[] = ["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"];

export interface PostAnswer {
  readonly status: number;
  /** Code of a refusal, if the master named one. */
  readonly code: string | null;
  readonly text: string;
}

/**
 * Asks the master's enrollment listener: a connection of its own, no client certificate. The server
 * is authenticated, as always, before anything is sent.
 *
 * @throws {DecnetError} `master-unreachable`, `master-not-trusted` or `clock-off`.
 * @throws The signal's reason, if `signal` aborts.
 */
export async function postUnderAuthority(deps: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** All that are trusted, the newest first. */
  readonly authorityPem: string;
  readonly body: unknown;
  readonly signal?: AbortSignal | undefined;
}): Promise<PostAnswer> {
  const body = JSON.stringify(deps.body);
  const outgoing = httpsRequest({
    agent: false,
    host: deps.host,
    port: deps.port,
    method: "POST",
    path: deps.path,
    headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
    ca: deps.authorityPem,
    servername: masterNameOf(deps.authorityPem),
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
    return await readAnswer(incoming);
  } catch (error) {
    deps.signal?.throwIfAborted();
    throw connectionFault(error);
  }
}

async function readAnswer(incoming: IncomingMessage): Promise<PostAnswer> {
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
