import { type Static, Type } from "typebox";
import { Nullable } from "./common.ts";

/** A join token as listed: its secret is shown once, when it is made, and never again. */
export const ApiToken = Type.Object(
  {
    id: Type.String(),
    createdMs: Type.Integer(),
    createdBy: Type.String(),
    expiresMs: Type.Integer(),
    hostName: Nullable(Type.String()),
    usedMs: Nullable(Type.Integer()),
    usedByHostUuid: Nullable(Type.String()),
    revokedMs: Nullable(Type.Integer()),
  },
  { $id: "JoinToken" },
);
export type ApiToken = Static<typeof ApiToken>;

export const CreateTokenRequest = Type.Object(
  {
    /** 1 minute to 7 days; 15 minutes if left out. */
    ttlMs: Type.Optional(Type.Integer({ minimum: 60_000, maximum: 604_800_000 })),
    hostName: Type.Optional(
      Type.String({ pattern: "^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,61}[a-zA-Z0-9])?$" }),
    ),
  },
  { additionalProperties: false },
);
export type CreateTokenRequest = Static<typeof CreateTokenRequest>;

export const CreateTokenAnswer = Type.Object({
  token: ApiToken,
  /** The whole join token. The only time that it is shown. */
  secret: Type.String(),
  /** To be run on the machine that joins; reads the token from standard input. */
  command: Type.String(),
});
export type CreateTokenAnswer = Static<typeof CreateTokenAnswer>;
