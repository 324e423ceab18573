import type { Change } from "../../domain/change.ts";

/**
 * Messages of `GET /api/v1/stream` (server-sent events; HTML Living Standard, section 9.2). The event
 * name is the key below, `data` its JSON. Only `change` has an `id`: its seq, to resume after.
 * A change of what the caller may not read is left out, and so is its number.
 */
export interface StreamMessages {
  /** First on every connection, also after a reconnect. */
  hello: { nowMs: number; seq: number };
  change: Change;
  /** Hosts heard since the last such message: uuid to `lastSeenMs`. At most once a second. */
  seen: { nowMs: number; hosts: Record<string, number> };
  /** What `GET /status` counts beyond the journal (refusals) grew: read it again. At most once a second. */
  status: { nowMs: number };
  /** The journal does not reach back to what was asked for: read all lists again. */
  reset: { seq: number };
}
