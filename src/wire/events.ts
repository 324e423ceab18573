import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { DecoyEvent } from "../domain/event.ts";
import { EVENT_KINDS } from "../domain/event.ts";
import { parseJson } from "./json.ts";

/** Most events in one batch. */
export const MAX_EVENTS = 500;
/** Most bytes of one batch. */
export const MAX_EVENTS_BYTES = 4 * 1024 * 1024;

export const DecoyEventShape = Type.Object({
  event_id: Type.String({
    pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
  }),
  kind: Type.Enum([...EVENT_KINDS]),
  host_uuid: Type.String({ maxLength: 64 }),
  decky: Type.String({ minLength: 1, maxLength: 63 }),
  service: Type.String({ minLength: 1, maxLength: 32 }),
  session: Type.String({ minLength: 1, maxLength: 64 }),
  src_ip: Type.String({ maxLength: 45 }),
  src_port: Type.Integer({ minimum: 0, maximum: 65535 }),
  dst_ip: Type.String({ maxLength: 45 }),
  dst_port: Type.Integer({ minimum: 0, maximum: 65535 }),
  at: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$" }),
  data: Type.Record(Type.String(), Type.Unknown()),
});

const decoyEvent = Compile(DecoyEventShape);

/** An event from a place that is not trusted to be honest: the decoy process, an agent. */
export function isDecoyEvent(value: unknown): value is DecoyEvent {
  return decoyEvent.Check(value);
}

/** Body of `POST /swarm/events`. */
export const EventBatch = Type.Object({
  events: Type.Array(Type.Unknown(), { minItems: 1, maxItems: MAX_EVENTS }),
});

/** Answer to it. What is neither stored nor refused here was had already. */
export const EventReceipt = Type.Object({
  stored: Type.Integer({ minimum: 0 }),
  duplicates: Type.Integer({ minimum: 0 }),
  /** Ids, or places (`#3`) of entries without one, that are never to be sent again. */
  refused: Type.Array(Type.String()),
});
export type EventReceipt = Static<typeof EventReceipt>;

const eventBatch = Compile(EventBatch);
const eventReceipt = Compile(EventReceipt);

export type EventBatchReading =
  | {
      readonly kind: "batch";
      readonly events: readonly DecoyEvent[];
      /** Ids or places of entries that are no events. One bad entry does not fail its siblings. */
      readonly malformed: readonly string[];
    }
  | { readonly kind: "unreadable"; readonly code: "body-not-json" | "body-invalid" };

export function parseEventBatch(body: Buffer): EventBatchReading {
  const value = parseJson(body);
  if (value === undefined) return { kind: "unreadable", code: "body-not-json" };
  if (!eventBatch.Check(value)) return { kind: "unreadable", code: "body-invalid" };
  const events: DecoyEvent[] = [];
  const malformed: string[] = [];
  for (const [place, entry] of value.events.entries()) {
    if (isDecoyEvent(entry)) events.push(entry);
    else malformed.push(idOf(entry) ?? `#${place}`);
  }
  return { kind: "batch", events, malformed };
}

export function parseEventReceipt(body: string): EventReceipt | null {
  try {
    const value: unknown = JSON.parse(body);
    return eventReceipt.Check(value) ? value : null;
  } catch {
    return null;
  }
}

function idOf(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || !("event_id" in entry)) return null;
  return typeof entry.event_id === "string" && entry.event_id.length <= 64 ? entry.event_id : null;
}
