import type { Sighting } from "../../domain/alarm.ts";
import type { AlarmStore } from "../store.ts";
import type { Commit, Database, Row } from "./database.ts";
import type { Journal } from "./journal.ts";
import { alarmOf } from "./rows.ts";

type Seen = Sighting & { readonly atMs: number; readonly count: number };

/** The rows of alarms, written in a transaction that the caller holds. */
export interface AlarmRows {
  raise(sighting: Seen): void;
  /** The same of what counts itself: nothing is written unless it has come to more than before. */
  raiseTo(sighting: Seen): void;
  /** The certificate was renewed, or is of no more use: what was overdue is so no longer. */
  settleOverdue(hostUuid: string, nowMs: number): void;
  /** @returns False if there is no such alarm. */
  acknowledge(id: number, nowMs: number): boolean;
}

export function createAlarmRows(db: Database, journal: Journal): AlarmRows {
  const prepareRaise = (count: string) =>
    db.prepare(`
      INSERT INTO alarms (kind, host_uuid, detail, address, first_ms, last_ms, count)
      VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
      ON CONFLICT (kind, host_uuid, detail) DO UPDATE SET address = excluded.address,
        last_ms = max(last_ms, excluded.last_ms), count = ${count}
      RETURNING *`);
  const raise = prepareRaise("count + excluded.count");
  const raiseTo = prepareRaise("excluded.count WHERE excluded.count > count");
  const settle = db.prepare(`
    UPDATE alarms SET acknowledged_ms = ?
    WHERE host_uuid = ? AND kind = 'renewal-overdue' AND acknowledged_ms IS NULL RETURNING *`);
  const find = db.prepare("SELECT * FROM alarms WHERE id = ?");
  const acknowledge = db.prepare(
    "UPDATE alarms SET acknowledged_ms = ? WHERE id = ? AND acknowledged_ms IS NULL RETURNING *",
  );
  const announce = (row: Row | undefined, nowMs: number): void => {
    if (row === undefined) return;
    const body = alarmOf(row);
    journal.write(nowMs, { topic: "alarm", key: String(body.id), body });
  };

  return {
    raise({ kind, hostUuid, detail, address, atMs, count }) {
      announce(raise.get(kind, hostUuid, detail, address, atMs, count), atMs);
    },
    raiseTo({ kind, hostUuid, detail, address, atMs, count }) {
      announce(raiseTo.get(kind, hostUuid, detail, address, atMs, count), atMs);
    },
    settleOverdue(hostUuid, nowMs) {
      for (const row of settle.all(nowMs, hostUuid)) announce(row, nowMs);
    },
    acknowledge(id, nowMs) {
      announce(acknowledge.get(nowMs, id), nowMs);
      return find.get(id) !== undefined;
    },
  };
}

export function createAlarmStore(db: Database, commit: Commit, alarms: AlarmRows): AlarmStore {
  const list = db.prepare(`
    SELECT * FROM alarms WHERE ?1 IS NULL OR host_uuid = ?1
    ORDER BY acknowledged_ms IS NOT NULL, last_ms DESC, id DESC`);
  return {
    async raiseAlarm(sighting) {
      await commit(() => alarms.raise(sighting));
    },
    async listAlarms(filter) {
      return db.read(() => list.all(filter?.hostUuid ?? null)).map(alarmOf);
    },
    async acknowledgeAlarm(id, nowMs) {
      return commit(() => alarms.acknowledge(id, nowMs));
    },
  };
}
