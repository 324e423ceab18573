import { judgeIdentity } from "../../domain/heartbeat.ts";
import type { Host, PinSlot } from "../../domain/host.ts";
import type { HostStore, IdentityRefused } from "../store.ts";
import type { AlarmRows } from "./alarms.ts";
import type { Commit, Database } from "./database.ts";
import type { Journal } from "./journal.ts";
import { hostOf, number, numberOrNull, problemOf, shardOf, text } from "./rows.ts";
import type { ShardRows } from "./shards.ts";

/** The rows of hosts and their certificates, read and written in a transaction that the caller holds. */
export interface HostRows {
  get(uuid: string): Host | null;
  findPin(fingerprint: string): { readonly hostUuid: string; readonly slot: PinSlot } | null;
  /** Whose certificate it is, if it may speak for its host. Speaking makes the next one current. */
  identify(
    fingerprint: string,
    nowMs: number,
  ): { readonly kind: "host"; readonly host: Host } | IdentityRefused;
  /** The host as it is once a request under this certificate was accepted: next becomes current. */
  promoted(host: Host, fingerprint: string, nowMs: number): Host;
  /** Writes the journal's row of a host that was changed. */
  announce(host: Host, nowMs: number): void;
  /** Raises the generation of the desired state; the next report is read anew. */
  raiseGeneration(uuid: string, nowMs: number): number;
}

export function createHostRows(
  db: Database,
  journal: Journal,
  alarms: Pick<AlarmRows, "settleOverdue">,
): HostRows {
  const byUuid = db.prepare("SELECT * FROM hosts WHERE uuid = ?");
  const pin = db.prepare("SELECT host_uuid, slot FROM pins WHERE fingerprint = ?");
  const raise = db.prepare(
    "UPDATE hosts SET generation = generation + 1, body_digest = NULL WHERE uuid = ? RETURNING *",
  );
  const retireCurrent = db.prepare(
    "UPDATE pins SET slot = 'retired', certificate = NULL WHERE host_uuid = ? AND slot = 'current'",
  );
  const makeCurrent = db.prepare(`
    UPDATE pins SET slot = 'current', certificate = NULL WHERE fingerprint = ?
    RETURNING not_after_ms, since_ms`);
  const follow = db.prepare(`
    UPDATE hosts SET fingerprint = ?, certificate_not_after_ms = ?, certificate_since_ms = ?,
      last_renewal_ms = ?, next_fingerprint = NULL
    WHERE uuid = ? RETURNING *`);
  const rows: HostRows = {
    get(uuid) {
      const row = byUuid.get(uuid);
      return row === undefined ? null : hostOf(row);
    },
    findPin(fingerprint) {
      const row = pin.get(fingerprint);
      if (row === undefined) return null;
      return { hostUuid: text(row, "host_uuid"), slot: text(row, "slot") as PinSlot };
    },
    identify(fingerprint, nowMs) {
      const pin = rows.findPin(fingerprint);
      const host = pin === null ? null : rows.get(pin.hostUuid);
      const refusal = judgeIdentity(host, pin);
      if (host !== null && refusal === null) {
        return { kind: "host", host: rows.promoted(host, fingerprint, nowMs) };
      }
      const unknown = refusal === null || refusal === "host-unknown";
      return { kind: "refused", code: unknown ? "certificate-mismatch" : refusal };
    },
    promoted(host, fingerprint, nowMs) {
      if (host.nextFingerprint !== fingerprint) return host;
      retireCurrent.run(host.uuid);
      const next = makeCurrent.get(fingerprint);
      if (next === undefined) throw new Error(`no pin ${fingerprint} to promote`);
      const row = follow.get(
        fingerprint,
        number(next, "not_after_ms"),
        number(next, "since_ms"),
        nowMs,
        host.uuid,
      );
      if (row === undefined) throw new Error(`no host ${host.uuid} to promote a pin of`);
      alarms.settleOverdue(host.uuid, nowMs);
      const renewed = hostOf(row);
      rows.announce(renewed, nowMs);
      return renewed;
    },
    announce: (host, nowMs) => journal.write(nowMs, { topic: "host", key: host.uuid, body: host }),
    raiseGeneration(uuid, nowMs) {
      const row = raise.get(uuid);
      if (row === undefined) throw new Error(`no host ${uuid} to raise the generation of`);
      const host = hostOf(row);
      rows.announce(host, nowMs);
      return host.generation;
    },
  };
  return rows;
}

export function createHostStore(
  db: Database,
  commit: Commit,
  journal: Journal,
  hosts: HostRows,
  shards: ShardRows,
  alarms: Pick<AlarmRows, "settleOverdue">,
): HostStore {
  const byName = db.prepare("SELECT * FROM hosts WHERE name = ? AND state <> 'decommissioned'");
  const living = db.prepare("SELECT * FROM hosts WHERE state <> 'decommissioned' ORDER BY name");
  const all = db.prepare("SELECT * FROM hosts ORDER BY name, enrolled_ms");
  const problems = db.prepare("SELECT * FROM problems ORDER BY host_uuid, kind, decky");
  const problemsOf = db.prepare("SELECT * FROM problems WHERE host_uuid = ? ORDER BY kind, decky");
  const newest = db.prepare("SELECT max(last_seen_ms) AS ms FROM hosts");
  const rewindHosts = db.prepare(`
    UPDATE hosts SET last_seen_ms = min(last_seen_ms, ?1), silent_since_ms = min(silent_since_ms, ?1)
    WHERE last_seen_ms > ?1`);
  const rewindShards = db.prepare("UPDATE shards SET changed_ms = ?1 WHERE changed_ms > ?1");
  const leave = db.prepare(`
    UPDATE hosts SET state = 'silent', silent_since_ms = last_seen_ms
    WHERE uuid = ? AND state = 'active' RETURNING *`);
  const bury = db.prepare(`
    UPDATE hosts SET state = 'decommissioned', decommissioned_ms = ?, silent_since_ms = NULL,
      quarantined_ms = NULL, quarantine_reason = NULL,
      body_digest = NULL, next_fingerprint = NULL
    WHERE uuid = ? RETURNING *`);
  const pinsOf = db.prepare("SELECT fingerprint, slot FROM pins WHERE host_uuid = ?");
  const retirePins = db.prepare("UPDATE pins SET slot = 'retired' WHERE host_uuid = ?");
  const release = db.prepare(`
    UPDATE hosts SET state = 'silent', silent_since_ms = last_seen_ms, quarantined_ms = NULL,
      quarantine_reason = NULL, nonce = NULL, acknowledged_nonce = NULL, abandoned_nonces = '',
      body_digest = NULL
    WHERE uuid = ? AND state = 'quarantined' RETURNING *`);
  const shardsOf = db.prepare("SELECT * FROM shards WHERE host_uuid = ?");
  const deckiesOf = db.prepare("DELETE FROM deckies WHERE host_uuid = ? RETURNING name");
  const dropProblems = db.prepare("DELETE FROM problems WHERE host_uuid = ?");

  return {
    async getHost(uuid) {
      return db.read(() => hosts.get(uuid));
    },
    async getHostByName(name) {
      const row = db.read(() => byName.get(name));
      return row === undefined ? null : hostOf(row);
    },
    async findPin(fingerprint) {
      return db.read(() => {
        const pin = hosts.findPin(fingerprint);
        const host = pin === null ? null : hosts.get(pin.hostUuid);
        return pin === null || host === null ? null : { host, slot: pin.slot };
      });
    },
    async listPins(hostUuid) {
      const rows = db.read(() => pinsOf.all(hostUuid));
      return rows.map((row) => ({
        fingerprint: text(row, "fingerprint"),
        slot: text(row, "slot") as PinSlot,
      }));
    },
    async listHosts(filter) {
      return db.read(() => (filter?.decommissioned ? all : living).all().map(hostOf));
    },
    async listProblems(hostUuid) {
      const rows = db.read(() =>
        hostUuid === undefined ? problems.all() : problemsOf.all(hostUuid),
      );
      return rows.map(problemOf);
    },
    async newestSeenMs() {
      const row = db.read(() => newest.get());
      return row === undefined ? null : numberOrNull(row, "ms");
    },
    async rewindTo(nowMs) {
      await commit(() => {
        rewindHosts.run(nowMs);
        rewindShards.run(nowMs);
      });
    },
    async leaveHost({ fingerprint, nowMs }) {
      return commit(() => {
        const found = hosts.identify(fingerprint, nowMs);
        if (found.kind === "refused") return found;
        const row = leave.get(found.host.uuid);
        if (row !== undefined) hosts.announce(hostOf(row), nowMs);
        return { kind: "left" };
      });
    },
    async releaseHost(uuid, nowMs) {
      return commit(() => {
        const row = release.get(uuid);
        if (row === undefined) {
          const code = hosts.get(uuid) === null ? "host-not-found" : "host-not-quarantined";
          return { kind: "refused", code };
        }
        hosts.announce(hostOf(row), nowMs);
        return { kind: "released" };
      });
    },
    async decommissionHost(uuid, nowMs) {
      return commit(() => {
        const before = hosts.get(uuid);
        if (before === null) return null;
        if (before.state === "decommissioned") return { already: true };
        for (const row of deckiesOf.all(uuid)) {
          const key = text(row, "name");
          journal.write(nowMs, { topic: "decky-removed", key, body: { hostUuid: uuid } });
        }
        for (const row of shardsOf.all(uuid)) shards.remove(shardOf(row), nowMs);
        if (dropProblems.run(uuid).changes !== 0) {
          journal.write(nowMs, { topic: "problems", key: uuid, body: [] });
        }
        retirePins.run(uuid);
        alarms.settleOverdue(uuid, nowMs);
        const row = bury.get(nowMs, uuid);
        if (row !== undefined) hosts.announce(hostOf(row), nowMs);
        return { already: false };
      });
    },
  };
}
