import { type Static, Type } from "typebox";
import { ROLES } from "../../domain/role.ts";

export const LoginRequest = Type.Object(
  {
    user: Type.String({ minLength: 1, maxLength: 64 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
    /** Six digits of the authenticator app, or a recovery code; for who has a second factor. */
    code: Type.Optional(Type.String({ minLength: 6, maxLength: 20 })),
  },
  { additionalProperties: false },
);
export type LoginRequest = Static<typeof LoginRequest>;

/** Answer to a login and to `GET /session`. */
export const ApiSession = Type.Object(
  {
    user: Type.String(),
    role: Type.Enum([...ROLES]),
    hasTotp: Type.Boolean(),
    /** To be sent as X-CSRF-Token with every request that changes something. */
    csrfToken: Type.String(),
    expiresMs: Type.Integer(),
    nowMs: Type.Integer(),
  },
  { $id: "Session" },
);
export type ApiSession = Static<typeof ApiSession>;
