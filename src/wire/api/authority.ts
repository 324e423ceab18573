import { type Static, Type } from "typebox";
import { HOST_STATES } from "../../domain/host.ts";

/** One of the swarm's authorities. */
export const ApiAuthority = Type.Object(
  {
    /** Lowercase hex SHA-256 of the DER certificate. */
    fingerprint: Type.String(),
    /** newest: issues agents' certificates. old: trusted beside it until it is retired. */
    role: Type.Enum(["newest", "old"]),
    notBeforeMs: Type.Integer(),
    notAfterMs: Type.Integer(),
    certificatePem: Type.String(),
  },
  { $id: "Authority" },
);
export type ApiAuthority = Static<typeof ApiAuthority>;

/** A host that would be cut off if the old authority were retired now. */
export const ApiLeftBehind = Type.Object(
  {
    uuid: Type.String(),
    name: Type.String(),
    state: Type.Enum([...HOST_STATES]),
    hasRenewed: Type.Boolean(),
    hasLearned: Type.Boolean(),
  },
  { $id: "LeftBehind" },
);
export type ApiLeftBehind = Static<typeof ApiLeftBehind>;

/** How many hosts in service have moved over to the newest authority. */
export const ApiRotation = Type.Object(
  {
    hosts: Type.Integer(),
    /** Hold a certificate of the newest. */
    renewed: Type.Integer(),
    /** Trust the newest. */
    learned: Type.Integer(),
  },
  { $id: "Rotation" },
);
export type ApiRotation = Static<typeof ApiRotation>;

/** Answer to `GET /authorities`. */
export const ApiAuthorities = Type.Object(
  {
    /** The newest first. */
    items: Type.Array(ApiAuthority),
    /** Whether their keys are encrypted on disk. */
    isEncrypted: Type.Boolean(),
    /** Null while there is but one. */
    rotation: Type.Union([ApiRotation, Type.Null()]),
    /** Empty while there is but one authority. */
    behind: Type.Array(ApiLeftBehind),
    nowMs: Type.Integer(),
  },
  { $id: "Authorities" },
);
export type ApiAuthorities = Static<typeof ApiAuthorities>;

/** Body of `POST /authorities/retire`. */
export const RetireAuthority = Type.Object(
  {
    /** Of the authority that is to go: so that nobody retires another one than they meant. */
    confirmFingerprint: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    /** Cut off those that are left behind. */
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export type RetireAuthority = Static<typeof RetireAuthority>;
