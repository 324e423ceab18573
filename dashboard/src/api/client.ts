import type { ApiError } from "../../../src/wire/api/common.ts";

/** A refusal of the master, or what this page says in its place when no answer came. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly fields: readonly { readonly field: string; readonly fault: string }[];
  readonly requestId: string | null;

  constructor(status: number, error: Partial<ApiError["error"]>) {
    super(error.message ?? `the master answered with status ${status}`);
    this.status = status;
    this.code = error.code ?? `http-${status}`;
    this.remedy = error.remedy ?? "Try again; if it stays so, look into the master's log.";
    this.fields = error.fields ?? [];
    this.requestId = error.requestId ?? null;
  }
}

let onSessionEnd = () => {};

/** Says what happens when the master answers that there is no session any more. */
export function setOnSessionEnd(callback: () => void): void {
  onSessionEnd = callback;
}

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly csrfToken?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the master's API.
 *
 * @param path Below `/api/v1`, with its query.
 * @returns The answer's JSON; undefined for 204. Its type is the caller's word: both sides are built
 *   from the same schemas.
 * @throws {ApiFailure} If it was refused, or nobody answered.
 */
export async function callApi<T>(path: string, request: ApiRequest = {}): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (request.body !== undefined) headers["content-type"] = "application/json";
  if (request.csrfToken !== undefined) headers["x-csrf-token"] = request.csrfToken;
  const response = await fetch(`/api/v1${path}`, {
    method: request.method ?? "GET",
    headers,
    credentials: "same-origin",
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  }).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiFailure(0, {
      code: "master-unreachable",
      message: "the master does not answer",
      remedy: "Check that it runs and that this machine reaches it. Nothing was changed here.",
    });
  });
  if (response.status === 204) return undefined as T;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer as T;
  const failure = new ApiFailure(response.status, (answer as ApiError | null)?.error ?? {});
  if (failure.status === 401 && path !== "/session") onSessionEnd();
  throw failure;
}

/** `?a=1&b=2` of what is set; empty if nothing is. */
export function queryOf(values: Readonly<Record<string, string | number | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}
