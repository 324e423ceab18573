import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { DecnetError, ERRORS, type ErrorCode } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { ApiError } from "../../wire/api/common.ts";
import type { FieldFault } from "../../wire/fault.ts";

/** A request that is refused for what some of its fields say. */
export class RequestInvalid extends DecnetError {
  readonly fields: readonly FieldFault[];

  constructor(fields: readonly FieldFault[]) {
    super("request-invalid");
    this.fields = fields;
  }
}

/** A request that may come again after a while. */
export class TryLater extends DecnetError {
  readonly retryAfterMs: number;

  constructor(code: "rate-limited" | "overloaded", retryAfterMs: number) {
    super(code);
    this.retryAfterMs = retryAfterMs;
  }
}

const STORE_RETRY_MS = 5_000;

/** Fastify's own refusals (its docs/Reference/Errors.md) in the words of our table. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "media-type-unsupported",
  FST_ERR_CTP_EMPTY_JSON_BODY: "body-not-json",
  FST_ERR_CTP_INVALID_JSON_BODY: "body-not-json",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "body-not-json",
  FST_ERR_BAD_URL: "route-unknown",
  FST_ERR_ASYNC_CONSTRAINT: "route-unknown",
};

/** What an error is called on its way out; whatever nobody foresaw is `internal`. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof StoreUnavailable) return "store-unavailable";
  if (error instanceof DecnetError)
    return ERRORS[error.code].status === null ? "internal" : error.code;
  if (!(error instanceof Error)) return "internal";
  const { code, statusCode } = error as Partial<FastifyError>;
  if (error instanceof SyntaxError && statusCode === 400) return "body-not-json";
  // Of the file server: a path that leads out of the dashboard's directory.
  if (statusCode === 403 || statusCode === 404) return "route-unknown";
  return FRAMEWORK_CODES[code ?? ""] ?? "internal";
}

/** Answers with an `ApiError`; tells the log, and nobody else, what lies behind a failure of ours. */
export function sendRefusal(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  const code = codeOf(error);
  const { status, remedy, message: known } = ERRORS[code];
  const facts = { requestId: request.id, method: request.method, path: pathOf(request), code };
  if (code === "internal") log.error("operator plane failed", { ...facts, error });
  else if (code === "store-unavailable") log.warn("store unavailable", { ...facts, error });
  const retryAfterMs = retryAfterOf(error);
  if (retryAfterMs !== null) reply.header("retry-after", Math.ceil(retryAfterMs / 1_000));
  const message = error instanceof DecnetError && code === error.code ? error.message : known;
  const fields = error instanceof RequestInvalid ? { fields: [...error.fields] } : {};
  const body: ApiError = { error: { code, message, remedy, ...fields, requestId: request.id } };
  return reply
    .code(status ?? 500)
    .type("application/json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(body);
}

function retryAfterOf(error: unknown): number | null {
  if (error instanceof TryLater) return error.retryAfterMs;
  return error instanceof StoreUnavailable ? STORE_RETRY_MS : null;
}

/** Without the query, which may hold what somebody searched for. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split("?", 1)[0] ?? "";
}
