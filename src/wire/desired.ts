import { type Static, Type } from "typebox";
import { Compile } from "typebox/compile";
import { RUNTIMES } from "../domain/decky.ts";

/** One decky that the host is to run. */
export const DesiredDecky = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 63 }),
  archetype: Type.String(),
  distro: Type.Union([Type.String(), Type.Null()]),
  hostname: Type.Union([Type.String(), Type.Null()]),
  ip: Type.String(),
  services: Type.Array(Type.String(), { minItems: 1 }),
  service_config: Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  runtime: Type.Enum([...RUNTIMES]),
  created_ms: Type.Integer(),
  /** Of this decky alone, 32 bytes in hex; all that its persona is derived from. */
  persona_seed: Type.String({ pattern: "^[0-9a-f]{64}$" }),
});
export type DesiredDecky = Static<typeof DesiredDecky>;

/** Answer to `GET /swarm/desired`: the whole list, never a difference. */
export const DesiredState = Type.Object({
  /** Grows by one at each change; the ETag is its decimal form in quotes. */
  generation: Type.Integer({ minimum: 0 }),
  deckies: Type.Array(DesiredDecky),
});
export type DesiredState = Static<typeof DesiredState>;

const desiredState = Compile(DesiredState);

/** @returns The desired state, or null if `body` is not one: then the agent keeps what it has. */
export function parseDesiredState(body: string): DesiredState | null {
  try {
    const value: unknown = JSON.parse(body);
    return desiredState.Check(value) ? value : null;
  } catch {
    return null;
  }
}
