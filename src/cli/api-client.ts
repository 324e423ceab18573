import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type Static, type TSchema, Type } from "typebox";
import { Value } from "typebox/value";
import { DecnetError } from "../domain/errors.ts";
import { ApiError } from "../wire/api/common.ts";
import { toldError } from "./failure.ts";
import { readMessages, type StreamMessage } from "./stream-messages.ts";

const TIMEOUT_MS = 15_000;
/** No answer of the API is longer: 1,000 events of the greatest size stay below. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export type Method = "GET" | "POST" | "DELETE";

/** Where a master's API is reached. */
export type MasterPlace =
  /** On this machine, by the Unix socket of the operator plane. */
  | { readonly kind: "socket"; readonly path: string }
  | {
      readonly kind: "url";
      /** Scheme, host and port. */
      readonly url: string;
      readonly token: string;
      /** Null trusts what the system trusts. */
      readonly authorityPem: string | null;
    };

/** A master's API. */
export interface MasterApi {
  /**
   * @param path Below `/api/v1`, with its query.
   * @throws {DecnetError} The master's refusal; master-unreachable; answer-unexpected.
   */
  call<T extends TSchema>(
    method: Method,
    path: string,
    schema: T,
    body?: unknown,
  ): Promise<Static<T>>;
  /** Like `call`, of a route that answers with no body. */
  tell(method: Method, path: string, body?: unknown): Promise<void>;
  /**
   * Opens the live stream after `since`. Ends when the master ends it.
   * @throws {DecnetError} As `call`; the signal's reason once it aborts.
   */
  stream(since: number, signal: AbortSignal): AsyncGenerator<StreamMessage>;
}

export function createMasterApi(place: MasterPlace): MasterApi {
  const shown = place.kind === "socket" ? place.path : place.url;
  const to = optionsOf(place);
  const request =
    place.kind === "url" && place.url.startsWith("https:") ? requestHttps : requestHttp;
  const send = (method: Method, path: string, body: unknown, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const payload = body === undefined ? null : JSON.stringify(body);
      const headers = {
        ...(place.kind === "url" && { authorization: `Bearer ${place.token}` }),
        ...(payload !== null && {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(payload),
        }),
      };
      request({ ...to, method, path: `/api/v1${path}`, headers, signal, agent: false })
        .on("response", resolve)
        .on("error", (cause) => reject(unreachable(cause, shown)))
        .end(payload);
    });

  const answer = async (method: Method, path: string, body: unknown) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await send(method, path, body, signal);
    const text = await readText(response).catch((cause) => {
      throw unreachable(cause, shown);
    });
    if ((response.statusCode ?? 0) >= 300) throw refusal(response, text);
    return text;
  };

  return {
    async call(method, path, schema, body) {
      return readAs(schema, await answer(method, path, body), path);
    },
    async tell(method, path, body) {
      await answer(method, path, body);
    },
    async *stream(since, signal) {
      const response = await send("GET", `/stream?since=${since}`, undefined, signal);
      if (response.statusCode !== 200) throw refusal(response, await readText(response));
      yield* readMessages(response);
    },
  };
}

export const listSchema = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), seq: Type.Integer(), nowMs: Type.Integer() });

function readAs<T extends TSchema>(schema: T, text: string, path: string): Static<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DecnetError("answer-unexpected", `${path} is not JSON`, { cause });
  }
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  const where = first === undefined ? "" : `: ${first.instancePath || "/"} ${first.message}`;
  throw new DecnetError("answer-unexpected", `${path}${where}`);
}

function refusal(response: IncomingMessage, text: string): DecnetError {
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Told below as an answer that is none of the API's.
  }
  if (!Value.Check(ApiError, body)) {
    return new DecnetError("answer-unexpected", `HTTP ${response.statusCode} without an error`);
  }
  const { code, message, fields = [] } = body.error;
  const faults = fields.map(({ field, fault }) => `${field || "/"} ${fault}`).join("; ");
  return toldError(code, faults === "" ? message : `${message}: ${faults}`);
}

function optionsOf(place: MasterPlace): RequestOptions & { readonly ca?: string } {
  if (place.kind === "socket") return { socketPath: place.path };
  const { hostname, port, protocol } = new URL(place.url);
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    ...(place.authorityPem !== null && { ca: place.authorityPem }),
  };
}

/** Nobody listens there, or there is no such place: no directory, or a path too long for a socket. */
const NOBODY: ReadonlySet<string> = new Set(["ENOENT", "ECONNREFUSED", "ENOTDIR", "EINVAL"]);

/** What OpenSSL and Node call a certificate that they do not take. */
const DISTRUSTED =
  /^(?:CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/;

function unreachable(cause: unknown, place: string): DecnetError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : String(cause);
  if (DISTRUSTED.test(code)) {
    return new DecnetError("master-not-trusted", `${place}: ${message}`, { cause });
  }
  const why =
    code === "EACCES"
      ? `${place} belongs to another user; run this as the master's user`
      : NOBODY.has(code)
        ? `nothing answers on ${place}`
        : `${place}: ${message}`;
  return new DecnetError("master-unreachable", why, { cause });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      response.destroy();
      throw new DecnetError("answer-unexpected", "longer than any answer of the API");
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
