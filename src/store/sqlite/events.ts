import type { EventStore } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import type { Journal } from "./journal.ts";
import { eventOf, number } from "./rows.ts";

export function createEventStore(
  db: Database,
  commit: Commit,
  journal: Journal,
  hosts: HostRows,
): EventStore {
  const insert = db.prepare(`
    INSERT INTO events (event_id, kind, host_uuid, decky, service, session, src_ip, src_port,
      dst_ip, dst_port, at, data, received_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (event_id) DO NOTHING RETURNING *`);
  const foreign = db.prepare(`
    SELECT 1 FROM shards WHERE name = ?1 AND host_uuid <> ?2 AND state <> 'absent'
    UNION ALL SELECT 1 FROM deckies WHERE name = ?1 AND host_uuid <> ?2`);
  const count = db.prepare("SELECT count(*) AS n FROM events");
  const oldest = db.prepare("SELECT seq, received_ms FROM events ORDER BY seq LIMIT ?");
  const forget = db.prepare("DELETE FROM events WHERE seq <= ?");
  // Times rise with seq but for a clock that was set: both deletions take what is oldest by seq.
  const laterChange = db.prepare("SELECT seq FROM changes WHERE at_ms > ? ORDER BY seq LIMIT 1");
  const list = db.prepare(`
    SELECT * FROM events
    WHERE seq < ?1 AND (?2 IS NULL OR decky = ?2) AND (?3 IS NULL OR host_uuid = ?3)
      AND (?4 IS NULL OR kind = ?4) AND (?5 IS NULL OR src_ip = ?5)
      AND (?6 IS NULL OR session = ?6)
    ORDER BY seq DESC LIMIT ?7`);

  return {
    async appendEvents({ fingerprint, nowMs, events }) {
      return commit(() => {
        const found = hosts.identify(fingerprint, nowMs);
        if (found.kind === "refused") return found;
        const { host } = found;
        const refused: string[] = [];
        let stored = 0;
        for (const event of events) {
          const claimed = event.host_uuid !== host.uuid;
          if (claimed || foreign.get(event.decky, host.uuid) !== undefined) {
            refused.push(event.event_id);
            continue;
          }
          const row = insert.get(
            event.event_id,
            event.kind,
            event.host_uuid,
            event.decky,
            event.service,
            event.session,
            event.src_ip,
            event.src_port,
            event.dst_ip,
            event.dst_port,
            event.at,
            JSON.stringify(event.data),
            nowMs,
          );
          if (row === undefined) continue;
          stored += 1;
          journal.write(nowMs, { topic: "event", key: event.event_id, body: eventOf(row) });
        }
        const duplicates = events.length - stored - refused.length;
        return { kind: "accepted", stored, duplicates, refused };
      });
    },

    async listEvents(query) {
      const rows = db.read(() =>
        list.all(
          query.beforeSeq ?? Number.MAX_SAFE_INTEGER,
          query.decky ?? null,
          query.hostUuid ?? null,
          query.kind ?? null,
          query.srcIp ?? null,
          query.session ?? null,
          query.limit,
        ),
      );
      return rows.map(eventOf);
    },

    async purgeEvents({ beforeMs, limit }) {
      return commit(() => {
        const rows = oldest.all(limit);
        const kept = rows.findIndex((row) => number(row, "received_ms") >= beforeMs);
        const purged = kept === -1 ? rows.length : kept;
        const last = rows[purged - 1];
        if (last === undefined) return 0;
        const later = laterChange.get(number(last, "received_ms"));
        journal.forget(later === undefined ? Number.MAX_SAFE_INTEGER : number(later, "seq") - 1);
        forget.run(number(last, "seq"));
        return purged;
      });
    },

    async countEvents() {
      const row = db.read(() => count.get());
      return row === undefined ? 0 : number(row, "n");
    },
  };
}
