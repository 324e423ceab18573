import { type Static, Type } from "typebox";
import { AUDIT_FAULTS } from "../../domain/audit.ts";
import { Nullable } from "./common.ts";

export const ApiAuditEntry = Type.Object(
  {
    id: Type.Integer(),
    atMs: Type.Integer(),
    actor: Type.String(),
    action: Type.String(),
    target: Nullable(Type.String()),
    outcome: Type.String(),
    address: Nullable(Type.String()),
    /** Covers this row and, by the one before, all before it: docs/security.md. */
    hash: Type.String(),
  },
  { $id: "AuditEntry" },
);
export type ApiAuditEntry = Static<typeof ApiAuditEntry>;

const Word = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }));

/** Query of `GET /audit`; newest first. All that is given must fit. */
export const AuditQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    before: Type.Optional(Type.Integer({ minimum: 1, description: "only rows with a smaller id" })),
    actor: Word,
    action: Word,
    target: Word,
    outcome: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "ok, the code of a refusal, or refused for any of them",
      }),
    ),
    q: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "words that all occur in the row, or in the name of a host that it is about",
      }),
    ),
  },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof AuditQuery>;

export const AuditHeadSchema = Type.Object({ id: Type.Integer(), hash: Type.String() });

/** Answer to `GET /audit/verify`. */
export const ApiAuditVerdict = Type.Union(
  [
    Type.Object({ kind: Type.Literal("whole"), head: AuditHeadSchema }),
    Type.Object({
      kind: Type.Literal("broken"),
      fault: Type.Enum(Object.keys(AUDIT_FAULTS) as (keyof typeof AUDIT_FAULTS)[]),
      /** The first row that cannot be believed. */
      firstBadId: Type.Integer(),
    }),
  ],
  { $id: "AuditVerdict" },
);
export type ApiAuditVerdict = Static<typeof ApiAuditVerdict>;
