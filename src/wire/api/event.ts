import { type Static, Type } from "typebox";
import { DecoyEventShape } from "../events.ts";

export const ApiEvent = Type.Object(
  { ...DecoyEventShape.properties, seq: Type.Integer(), received_ms: Type.Integer() },
  { $id: "Event" },
);
export type ApiEvent = Static<typeof ApiEvent>;

/** Query of `GET /events`; newest first. */
export const EventQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    decky: Type.Optional(Type.String()),
    host: Type.Optional(Type.String()),
    kind: Type.Optional(Type.String()),
    src: Type.Optional(Type.String()),
    session: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type EventQuery = Static<typeof EventQuery>;
