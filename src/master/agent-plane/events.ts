import type { Log } from "../../domain/log.ts";
import type { EventStore } from "../../store/store.ts";
import { type EventReceipt, parseEventBatch } from "../../wire/events.ts";
import { type AgentAnswer, type AgentRequest, JSON_TYPE, type Peer, refuse } from "./exchange.ts";

export interface EventsDeps {
  readonly store: Pick<EventStore, "appendEvents">;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly onEvents: (counts: { readonly stored: number; readonly refused: number }) => void;
}

/** `POST /swarm/events`: answers 200 with a receipt once what is new is durable. */
export function createEventsHandler(deps: EventsDeps) {
  return async (request: AgentRequest, peer: Peer): Promise<AgentAnswer> => {
    const reading = parseEventBatch(request.body.bytes());
    if (reading.kind === "unreadable") return refuse(reading.code);
    const outcome = await deps.store.appendEvents({
      fingerprint: peer.fingerprint,
      nowMs: deps.nowMs(),
      events: reading.events,
    });
    if (outcome.kind === "refused") return refuse(outcome.code);
    const refused = [...reading.malformed, ...outcome.refused];
    if (refused.length !== 0) {
      deps.log.warn("events refused", { peer: peer.fingerprint, count: refused.length });
    }
    deps.onEvents({ stored: outcome.stored, refused: refused.length });
    const { stored, duplicates } = outcome;
    const receipt: EventReceipt = { stored, duplicates, refused };
    return { status: 200, headers: { ...JSON_TYPE }, body: JSON.stringify(receipt) };
  };
}
