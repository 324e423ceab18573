import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { ServiceName } from "../../../domain/service.ts";
import type { DesiredDecky } from "../../../wire/desired.ts";
import { DecoyEventShape } from "../../../wire/events.ts";
import { MAX_DATA_BYTES, MAX_REASON_CHARACTERS } from "./limits.ts";

/**
 * What the agent tells the decoy process. `serve` travels with a bound TCP socket; the process
 * answers each with `serving` or `failed`, each `stop` with `stopped`, each `ping` with `pong`.
 */
export type ToDecoyProcess =
  | {
      readonly type: "serve";
      readonly decky: DesiredDecky;
      readonly service: ServiceName;
      /** Of the real service, wherever the socket is bound. */
      readonly port: number;
    }
  | { readonly type: "stop"; readonly decky: string }
  | { readonly type: "ping" };

const deckyName = Type.String({ minLength: 1, maxLength: 63 });
const socketOf = {
  decky: deckyName,
  service: Type.String({ minLength: 1, maxLength: 32 }),
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
};
const reason = Type.String({ minLength: 1, maxLength: MAX_REASON_CHARACTERS });
const closed = { additionalProperties: false };

/** An event as the process tells it: the agent adds whose host it is. */
const UnboundEvent = Type.Omit(DecoyEventShape, ["host_uuid"], closed);
export type UnboundEvent = Static<typeof UnboundEvent>;

/** What the decoy process, which reads attackers' bytes, may tell the agent; and nothing else. */
const FromDecoyProcess = Type.Union([
  Type.Object({ type: Type.Literal("ready") }, closed),
  Type.Object({ type: Type.Literal("serving"), ...socketOf }, closed),
  Type.Object({ type: Type.Literal("failed"), ...socketOf, reason }, closed),
  Type.Object({ type: Type.Literal("stopped"), decky: deckyName }, closed),
  Type.Object({ type: Type.Literal("event"), event: UnboundEvent }, closed),
  Type.Object(
    {
      type: Type.Literal("pong"),
      connections: Type.Integer({ minimum: 0 }),
      /** Connections cut since the process started because a limit was reached. */
      refused: Type.Integer({ minimum: 0 }),
    },
    closed,
  ),
]);
export type FromDecoyProcess = Static<typeof FromDecoyProcess>;

const fromDecoyProcess = Compile(FromDecoyProcess);

/** @returns The message, or null if a sound decoy process would never have sent it. */
export function parseFromDecoyProcess(value: unknown): FromDecoyProcess | null {
  if (!fromDecoyProcess.Check(value)) return null;
  if (value.type !== "event") return value;
  const dataBytes = Buffer.byteLength(JSON.stringify(value.event.data));
  return dataBytes <= MAX_DATA_BYTES ? value : null;
}
