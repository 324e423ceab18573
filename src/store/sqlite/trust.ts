import type { TrustStore } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import type { Journal } from "./journal.ts";
import { text } from "./rows.ts";

export function createTrustStore(
  db: Database,
  commit: Commit,
  journal: Journal,
  hosts: HostRows,
): TrustStore {
  const note = db.prepare(`
    INSERT INTO trust (host_uuid, authority, trusted, at_ms) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (host_uuid) DO UPDATE SET authority = ?2, trusted = ?3, at_ms = ?4
    WHERE authority <> ?2 OR trusted <> ?3`);
  const list = db.prepare("SELECT * FROM trust ORDER BY host_uuid");

  return {
    async noteTrust({ fingerprint, nowMs, authority, trusted }) {
      return commit(() => {
        const found = hosts.identify(fingerprint, nowMs);
        if (found.kind === "refused") return found;
        const { uuid } = found.host;
        const isNew = note.run(uuid, authority, trusted.join(" "), nowMs).changes !== 0;
        if (isNew) journal.write(nowMs, { topic: "trust", key: uuid, body: null });
        return { kind: "noted", hostUuid: uuid };
      });
    },
    async listTrust() {
      return db
        .read(() => list.all())
        .map((row) => ({
          hostUuid: text(row, "host_uuid"),
          authority: text(row, "authority"),
          trusted: text(row, "trusted").split(" ").filter(Boolean),
        }));
    },
  };
}
