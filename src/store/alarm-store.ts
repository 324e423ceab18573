import type { Alarm, Sighting } from "../domain/alarm.ts";

export interface AlarmStore {
  /** One more sighting, or `count` of them; the first makes the row. */
  raiseAlarm(sighting: Sighting & { readonly atMs: number; readonly count: number }): Promise<void>;
  /** Those that nobody acknowledged first, then the newest. */
  listAlarms(filter?: { readonly hostUuid?: string }): Promise<readonly Alarm[]>;
  /** @returns False if there is no such alarm. */
  acknowledgeAlarm(id: number, nowMs: number): Promise<boolean>;
}
