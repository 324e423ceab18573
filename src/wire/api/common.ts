import { type Static, type TSchema, Type } from "typebox";

/** Body of every refusal of the operator plane. */
export const ApiError = Type.Object(
  {
    error: Type.Object({
      /** From docs/errors.md. */
      code: Type.String(),
      message: Type.String(),
      remedy: Type.String(),
      /** Fields that are wrong, as JSON pointers. */
      fields: Type.Optional(
        Type.Array(Type.Object({ field: Type.String(), fault: Type.String() })),
      ),
      /** The same as in the X-Request-Id header and in the master's log. */
      requestId: Type.String(),
    }),
  },
  { $id: "ApiError" },
);
export type ApiError = Static<typeof ApiError>;

/**
 * A list as of one moment. `seq` is the journal's head just before it was read: a stream opened with
 * `?since=seq` misses nothing that the list does not show, and may repeat what it does.
 */
export const listOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), seq: Type.Integer(), nowMs: Type.Integer() });

export interface ListOf<T> {
  items: T[];
  seq: number;
  nowMs: number;
}

export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
