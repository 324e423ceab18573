import type { HostState } from "../../domain/host.ts";
import type { ShardState } from "../../domain/shard.ts";
import type { DeckyStore } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import type { Journal } from "./journal.ts";
import { deckyOf, number, shardOf, text } from "./rows.ts";
import type { ShardRows } from "./shards.ts";

export function createDeckyStore(
  db: Database,
  commit: Commit,
  journal: Journal,
  hosts: HostRows,
  shards: ShardRows,
): DeckyStore {
  const all = db.prepare("SELECT * FROM deckies ORDER BY name");
  const ofHost = db.prepare("SELECT * FROM deckies WHERE host_uuid = ? ORDER BY name");
  const byName = db.prepare("SELECT * FROM deckies WHERE name = ?");
  const byAddress = db.prepare("SELECT 1 FROM deckies WHERE ip = ?");
  const insert = db.prepare(`
    INSERT INTO deckies (name, host_uuid, archetype, distro, hostname, ip, services,
      service_config, runtime, created_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const remove = db.prepare("DELETE FROM deckies WHERE name = ?");
  const allShards = db.prepare("SELECT * FROM shards ORDER BY name");
  const shardsOfHost = db.prepare("SELECT * FROM shards WHERE host_uuid = ? ORDER BY name");
  const shardCounts = db.prepare(`
    SELECT shards.state AS state, hosts.state AS host_state, count(*) AS count
    FROM shards JOIN hosts ON hosts.uuid = shards.host_uuid GROUP BY 1, 2 ORDER BY 1, 2`);
  const shardByName = db.prepare("SELECT * FROM shards WHERE name = ?");

  const findDecky = (name: string) => {
    const row = byName.get(name);
    return row === undefined ? null : deckyOf(row);
  };
  const findShard = (name: string) => {
    const row = shardByName.get(name);
    return row === undefined ? null : shardOf(row);
  };

  return {
    async listDeckies(hostUuid) {
      return db.read(() =>
        (hostUuid === undefined ? all.all() : ofHost.all(hostUuid)).map(deckyOf),
      );
    },
    async getDecky(name) {
      return db.read(() => findDecky(name));
    },
    async addDecky(decky) {
      return commit(() => {
        const host = hosts.get(decky.hostUuid);
        if (host === null) return { kind: "refused", code: "host-not-found" };
        if (host.state === "decommissioned" || host.state === "quarantined") {
          return { kind: "refused", code: "host-not-usable" };
        }
        const shard = findShard(decky.name);
        const held = shard !== null && shard.state !== "absent" && shard.hostUuid !== host.uuid;
        if (held || findDecky(decky.name) !== null) {
          return { kind: "refused", code: "decky-name-taken" };
        }
        if (byAddress.get(decky.ip) !== undefined) {
          return { kind: "refused", code: "decky-address-taken" };
        }
        insert.run(
          decky.name,
          decky.hostUuid,
          decky.archetype,
          decky.distro,
          decky.hostname,
          decky.ip,
          JSON.stringify(decky.services),
          JSON.stringify(decky.serviceConfig),
          decky.runtime,
          decky.createdMs,
        );
        journal.write(decky.createdMs, { topic: "decky", key: decky.name, body: decky });
        if (shard !== null && shard.hostUuid !== host.uuid) shards.remove(shard, decky.createdMs);
        shards.write(
          {
            name: decky.name,
            hostUuid: decky.hostUuid,
            state: "pending",
            reason: null,
            config: null,
            services: {},
            changedMs: decky.createdMs,
            assigned: true,
          },
          null,
          decky.createdMs,
        );
        return { kind: "added", generation: hosts.raiseGeneration(host.uuid, decky.createdMs) };
      });
    },
    async removeDecky(name, nowMs) {
      return commit(() => {
        const decky = findDecky(name);
        if (decky === null) return false;
        remove.run(name);
        journal.write(nowMs, {
          topic: "decky-removed",
          key: name,
          body: { hostUuid: decky.hostUuid },
        });
        const shard = findShard(name);
        if (shard?.state === "pending" || shard?.state === "absent") shards.remove(shard, nowMs);
        else if (shard !== null) {
          shards.write({ ...shard, state: "stopping", changedMs: nowMs }, null, nowMs);
        }
        hosts.raiseGeneration(decky.hostUuid, nowMs);
        return true;
      });
    },
    async listShards(hostUuid) {
      const rows = db.read(() =>
        hostUuid === undefined ? allShards.all() : shardsOfHost.all(hostUuid),
      );
      return rows.map(shardOf);
    },
    async countShards() {
      return db
        .read(() => shardCounts.all())
        .map((row) => ({
          state: text(row, "state") as ShardState,
          hostState: text(row, "host_state") as HostState,
          count: number(row, "count"),
        }));
    },
    async getShard(name) {
      return db.read(() => findShard(name));
    },
  };
}
