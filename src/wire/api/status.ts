import { type Static, Type } from "typebox";
import { HOST_STATES } from "../../domain/host.ts";
import { ApiRotation } from "./authority.ts";

/** Answer to `GET /status`: is anything wrong, is anybody here? */
export const ApiStatus = Type.Object(
  {
    version: Type.String(),
    nowMs: Type.Integer(),
    startedMs: Type.Integer(),
    /** Pace that agents are told, ms. */
    heartbeatIntervalMs: Type.Integer(),
    agentPlane: Type.Object({ host: Type.String(), port: Type.Integer() }),
    enrollment: Type.Object({ host: Type.String(), port: Type.Integer() }),
    /** Of the newest. */
    authorityFingerprint: Type.String(),
    /** How far hosts have moved over to a new authority; null while there is but one. */
    rotation: Type.Union([ApiRotation, Type.Null()]),
    hosts: Type.Object(
      Object.fromEntries(HOST_STATES.map((state) => [state, Type.Integer()])) as Record<
        (typeof HOST_STATES)[number],
        ReturnType<typeof Type.Integer>
      >,
    ),
    /** By state as shown: `unknown` where the host is silent. */
    shards: Type.Record(Type.String(), Type.Integer()),
    events: Type.Integer(),
    problems: Type.Integer(),
    /** Alarms that nobody acknowledged. */
    alarms: Type.Integer(),
    /** Hosts in service whose certificate is past two thirds of its life. */
    renewalsOverdue: Type.Integer(),
    /** When the first certificate of a host in service runs out; null without hosts. */
    firstExpiryMs: Type.Union([Type.Integer(), Type.Null()]),
    /** Refusals on the agent plane by code, since the beginning. */
    refusals: Type.Record(Type.String(), Type.Integer()),
  },
  { $id: "Status" },
);
export type ApiStatus = Static<typeof ApiStatus>;
