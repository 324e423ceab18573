import { type Static, Type } from "typebox";
import { ALARM_KINDS } from "../../domain/alarm.ts";
import { Nullable } from "./common.ts";

/** An alarm as operators see it; `domain/alarm.ts` says what each kind means. */
export const ApiAlarm = Type.Object(
  {
    id: Type.Integer(),
    kind: Type.Enum([...ALARM_KINDS]),
    hostUuid: Type.String(),
    /** Fingerprint of the certificate. */
    detail: Type.String(),
    /** Where it was last seen from. */
    address: Nullable(Type.String()),
    firstMs: Type.Integer(),
    lastMs: Type.Integer(),
    count: Type.Integer(),
    acknowledgedMs: Nullable(Type.Integer()),
  },
  { $id: "Alarm" },
);
export type ApiAlarm = Static<typeof ApiAlarm>;
