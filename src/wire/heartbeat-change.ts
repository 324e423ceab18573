import type { HeartbeatReport, ReportEntry } from "../domain/heartbeat.ts";
import { locateDeckies, type Span } from "./heartbeat-spans.ts";
import { parseJson } from "./json.ts";

/*
 * Most heartbeats that differ from the last one differ in one decky. To parse the others again, and
 * to write them out again to compare them, is most of what such a heartbeat costs. So the last body
 * is kept, with the place of each decky in it: where the new one is the same up to and after one
 * decky, that decky alone is parsed.
 */

/** A body as it was read, and where in it each decky stands. */
export interface KnownBody {
  readonly body: Buffer;
  readonly hostUuid: string;
  readonly agentVersion: string | null;
  readonly eventsDropped: number;
  readonly deckies: readonly KnownDecky[];
}

interface KnownDecky extends Span {
  readonly name: string | null;
  /** Its entry of `runtime`. */
  readonly state: unknown;
  readonly digest: string;
}

/** How an entry is read, as `heartbeat.ts` does it for a whole body. */
export interface EntryReader {
  nameOf(entry: unknown): string | null;
  digestOf(entry: unknown, state: unknown): string | null;
  read(entry: unknown, state: unknown, name: string | null, place: number): ReportEntry;
}

/**
 * Keeps what was read of a body.
 * @param states What `runtime` says of each decky, in their order.
 * @returns null if the places of its deckies are in doubt: then the next one is read whole.
 */
export function knowBody(
  body: Buffer,
  report: HeartbeatReport,
  names: readonly (string | null)[],
  states: readonly unknown[],
): KnownBody | null {
  const spans = locateDeckies(body);
  if (spans === null || spans.length !== report.entries.length) return null;
  const deckies: KnownDecky[] = [];
  for (const [place, span] of spans.entries()) {
    const digest = report.entries[place]?.digest ?? "";
    if (digest === "") return null;
    deckies.push({ ...span, digest, name: names[place] ?? null, state: states[place] });
  }
  const { hostUuid, agentVersion, eventsDropped } = report;
  return { body, hostUuid, agentVersion, eventsDropped, deckies };
}

/**
 * Reads a body by what is different from a known one.
 * @returns null if more than the inside of one decky differs, or its name: read it whole then.
 */
export function readChange(
  known: KnownBody,
  body: Buffer,
  reader: EntryReader,
): { readonly report: HeartbeatReport; readonly known: KnownBody } | null {
  const prefix = commonPrefix(known.body, body);
  const suffix = commonSuffix(known.body, body, prefix);
  const changedEnd = known.body.length - suffix;
  const place = known.deckies.findIndex(({ end }) => prefix < end);
  const before = known.deckies[place];
  // Its braces must stand outside of what differs: then all around it is valid as it was.
  if (before === undefined || prefix <= before.start || changedEnd >= before.end) return null;
  const grown = body.length - known.body.length;
  const span = { start: before.start, end: before.end + grown };
  const entry = parseJson(body.subarray(span.start, span.end));
  if (typeof entry !== "object" || entry === null) return null;
  const { name, state } = before;
  const digest = reader.nameOf(entry) === name ? reader.digestOf(entry, state) : null;
  if (digest === null) return null;

  const deckies = known.deckies.map((decky, at) => {
    if (at === place) return { ...before, ...span, digest };
    return at < place || grown === 0 ? decky : shift(decky, grown);
  });
  const entries = deckies.map((decky, at) => {
    if (at === place) return { digest, read: () => reader.read(entry, state, name, at).read() };
    const { start, end } = decky;
    const read = () =>
      reader.read(parseJson(body.subarray(start, end)), decky.state, decky.name, at).read();
    return { digest: decky.digest, read };
  });
  const { hostUuid, agentVersion, eventsDropped } = known;
  const around = { hostUuid, agentVersion, eventsDropped };
  return { report: { ...around, entries }, known: { ...around, body, deckies } };
}

const shift = (decky: KnownDecky, by: number): KnownDecky => ({
  ...decky,
  start: decky.start + by,
  end: decky.end + by,
});

/** Compared in blocks by native code, and byte by byte only where a block differs. */
const BLOCK = 512;

function commonPrefix(a: Buffer, b: Buffer): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at + BLOCK <= most && a.compare(b, at, at + BLOCK, at, at + BLOCK) === 0) at += BLOCK;
  while (at < most && a[at] === b[at]) at += 1;
  return at;
}

function commonSuffix(a: Buffer, b: Buffer, prefix: number): number {
  const most = Math.min(a.length, b.length) - prefix;
  let size = 0;
  while (size + BLOCK <= most) {
    const [endA, endB] = [a.length - size, b.length - size];
    if (a.compare(b, endB - BLOCK, endB, endA - BLOCK, endA) !== 0) break;
    size += BLOCK;
  }
  while (size < most && a[a.length - 1 - size] === b[b.length - 1 - size]) size += 1;
  return size;
}
