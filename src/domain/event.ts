/**
 * What happened on a decky: one schema for every decoy, and the same on the wire, in the store and
 * in the API. Names are those of the wire. docs/events.md lists the kinds and their `data`.
 */
export interface DecoyEvent {
  /** UUID version 7 (RFC 9562, section 5.7): sorts by time; the master drops one it already has. */
  readonly event_id: string;
  readonly kind: EventKind;
  readonly host_uuid: string;
  readonly decky: string;
  readonly service: string;
  /** Same for all events of one connection. */
  readonly session: string;
  readonly src_ip: string;
  readonly src_port: number;
  readonly dst_ip: string;
  readonly dst_port: number;
  /** ISO-8601, UTC, milliseconds, by the clock of the agent's host. */
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Every kind of event. `session.*` come from the runtime, the others from the decoy of that name. */
export const EVENT_KINDS = [
  "session.open",
  "session.close",
  "example.line",
  "http.request",
  "http.login.attempt",
  "http.malformed",
  "redis.command",
  "redis.login.attempt",
  "redis.malformed",
  "ssh.client",
  "ssh.login.attempt",
  "ssh.command",
  "ssh.request",
  "ssh.malformed",
  "telnet.login.attempt",
  "telnet.command",
  "telnet.malformed",
  "shell.download",
  "shell.file",
  "shell.recording",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

const kinds: ReadonlySet<string> = new Set(EVENT_KINDS);

export function isEventKind(kind: string): kind is EventKind {
  return kinds.has(kind);
}

/** An event as the master stored it. */
export interface StoredEvent extends DecoyEvent {
  /** Place in the order in which the master took events in; only grows. */
  readonly seq: number;
  /** Master's clock when it was stored, Unix milliseconds. */
  readonly received_ms: number;
}
