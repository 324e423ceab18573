import { type Static, Type } from "typebox";

export const LoginRequest = Type.Object(
  {
    user: Type.String({ minLength: 1, maxLength: 64 }),
    password: Type.String({ minLength: 1, maxLength: 1024 }),
  },
  { additionalProperties: false },
);
export type LoginRequest = Static<typeof LoginRequest>;

/** Answer to a login and to `GET /session`. */
export const ApiSession = Type.Object(
  {
    user: Type.String(),
    /** To be sent as X-CSRF-Token with every request that changes something. */
    csrfToken: Type.String(),
    expiresMs: Type.Integer(),
    nowMs: Type.Integer(),
  },
  { $id: "Session" },
);
export type ApiSession = Static<typeof ApiSession>;
