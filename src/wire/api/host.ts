import { type Static, Type } from "typebox";
import { HOST_STATES } from "../../domain/host.ts";
import { Nullable } from "./common.ts";

/** A host as operators see it; `domain/host.ts` says what each field means. */
export const ApiHost = Type.Object(
  {
    uuid: Type.String(),
    name: Type.String(),
    state: Type.Enum([...HOST_STATES]),
    enrolledMs: Type.Integer(),
    lastSeenMs: Nullable(Type.Integer()),
    silentSinceMs: Nullable(Type.Integer()),
    decommissionedMs: Nullable(Type.Integer()),
    quarantinedMs: Nullable(Type.Integer()),
    quarantineReason: Nullable(Type.String()),
    agentVersion: Nullable(Type.String()),
    address: Nullable(Type.String()),
    clockSkewMs: Nullable(Type.Integer()),
    boot: Type.Integer(),
    sequence: Type.Integer(),
    generation: Type.Integer(),
    fingerprint: Type.String(),
    certificateNotAfterMs: Type.Integer(),
    certificateSinceMs: Type.Integer(),
    renewDueMs: Type.Integer(),
    lastRenewalMs: Nullable(Type.Integer()),
    nextFingerprint: Nullable(Type.String()),
  },
  { $id: "Host" },
);
export type ApiHost = Static<typeof ApiHost>;

export const ApiHostProblem = Type.Object(
  {
    hostUuid: Type.String(),
    kind: Type.Enum(["conflict", "malformed"]),
    decky: Type.String(),
    detail: Type.String(),
    firstSeenMs: Type.Integer(),
  },
  { $id: "HostProblem" },
);
export type ApiHostProblem = Static<typeof ApiHostProblem>;

/** Body of `POST /hosts/:uuid/release`: the second of two steps. */
export const ReleaseRequest = Type.Object({
  /** The host's name, typed again. */
  confirmName: Type.String(),
});

/** Body of `POST /hosts/:uuid/decommission`: the second of two steps. */
export const DecommissionRequest = Type.Object({
  /** The host's name, typed again. */
  confirmName: Type.String(),
});
