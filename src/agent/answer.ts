import { DecnetError, ERRORS, isErrorCode } from "../domain/errors.ts";
import { HEADERS } from "../wire/headers.ts";
import type { AgentAnswer } from "./transport.ts";

/** Where a loop of the agent ends other than by a bug. */
export type LoopEnd = { readonly kind: "stopped" } | { readonly kind: "decommissioned" };

/**
 * Whether the master says that this identity is gone for good. Only an answer that came over an
 * authenticated connection gets here: the transport throws for any other.
 */
export function isDecommissioned(answer: AgentAnswer): boolean {
  if (answer.status !== ERRORS["host-decommissioned"].status) return false;
  const code = answer.headers[HEADERS.error];
  if (code !== undefined) return code === "host-decommissioned";
  return detailOf(answer) === ERRORS["host-decommissioned"].message;
}

/** Why the master refused, for people: its code and what to do if it named one, else what it said. */
export function refusalOf(answer: AgentAnswer): string {
  const code = answer.headers[HEADERS.error];
  if (code !== undefined && isErrorCode(code))
    return `${ERRORS[code].message}. ${ERRORS[code].remedy}`;
  const detail = detailOf(answer);
  return detail === null ? `HTTP status ${answer.status}` : `${detail} (HTTP ${answer.status})`;
}

/**
 * Why a request came to nothing, for people.
 * @throws The signal's reason if it aborted; `error` itself if it is a bug.
 */
export function failureOf(error: unknown, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (!(error instanceof DecnetError)) throw error;
  return `${error.message}. ${error.remedy}`;
}

function detailOf(answer: AgentAnswer): string | null {
  try {
    const body: unknown = JSON.parse(answer.body);
    if (typeof body !== "object" || body === null || !("detail" in body)) return null;
    return typeof body.detail === "string" ? body.detail.slice(0, 200) : null;
  } catch {
    return null;
  }
}
