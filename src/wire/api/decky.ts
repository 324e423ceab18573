import { type Static, Type } from "typebox";
import { DECKY_NAME, RUNTIMES } from "../../domain/decky.ts";
import { ARCHETYPE_NAMES, SERVICE_NAMES } from "../../domain/service.ts";
import { SHARD_STATES } from "../../domain/shard.ts";
import { Nullable } from "./common.ts";

const ServiceConfig = Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()));

/** A decky as assigned; `domain/decky.ts` says what each field means. */
export const ApiDecky = Type.Object(
  {
    name: Type.String(),
    hostUuid: Type.String(),
    archetype: Type.String(),
    distro: Nullable(Type.String()),
    hostname: Nullable(Type.String()),
    ip: Type.String(),
    services: Type.Array(Type.String()),
    serviceConfig: ServiceConfig,
    runtime: Type.Enum([...RUNTIMES]),
    createdMs: Type.Integer(),
  },
  { $id: "Decky" },
);
export type ApiDecky = Static<typeof ApiDecky>;

/** Body of `POST /deckies`. What is left out is chosen. */
export const AddDeckyRequest = Type.Object(
  {
    /** uuid or name. */
    host: Type.String({ minLength: 1 }),
    name: Type.Optional(Type.String({ pattern: DECKY_NAME.source })),
    archetype: Type.Optional(Type.Enum([...ARCHETYPE_NAMES])),
    services: Type.Optional(Type.Array(Type.Enum([...SERVICE_NAMES]), { minItems: 1 })),
    distro: Type.Optional(Type.String({ pattern: "^[a-z0-9][a-z0-9.-]{0,63}$" })),
    /** A DNS label; capitals as Windows machines have them. */
    hostname: Type.Optional(
      Type.String({ pattern: "^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$" }),
    ),
    ip: Type.Optional(Type.String({ format: "ipv4" })),
    serviceConfig: Type.Optional(ServiceConfig),
    runtime: Type.Optional(Type.Enum([...RUNTIMES])),
  },
  { additionalProperties: false },
);
export type AddDeckyRequest = Static<typeof AddDeckyRequest>;

/** A decky on its host, as last reported; `domain/shard.ts` says what each field means. */
export const ApiShard = Type.Object(
  {
    name: Type.String(),
    hostUuid: Type.String(),
    /** As stored: the viewer shows `unknown` while the host is silent. */
    state: Type.Enum([...SHARD_STATES]),
    reason: Nullable(Type.String()),
    config: Nullable(Type.Record(Type.String(), Type.Unknown())),
    services: Type.Record(
      Type.String(),
      Type.Object({
        running: Type.Boolean(),
        ip: Type.Optional(Type.String()),
        port: Type.Optional(Type.Integer()),
        reason: Type.Optional(Type.String()),
      }),
    ),
    changedMs: Type.Integer(),
    assigned: Type.Boolean(),
  },
  { $id: "Shard" },
);
export type ApiShard = Static<typeof ApiShard>;
