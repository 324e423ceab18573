import type { MalformedDecky, ReportEntry } from "../../domain/heartbeat.ts";
import type { HostProblem } from "../../domain/host.ts";
import type { Shard, ShardState } from "../../domain/shard.ts";
import { judgeReported, judgeUnlisted } from "../../domain/snapshot.ts";
import type { Database } from "./database.ts";
import type { Journal } from "./journal.ts";
import { problemOf, shardOf, standingOf, text, textOrNull } from "./rows.ts";

/** Most problems that are kept of one host: a broken agent cannot fill the disk. */
const MOST_PROBLEMS = 100;

/** Hosts whose shards are remembered; the least recently used one goes first. */
const MOST_REMEMBERED = 20_000;

/**
 * What is remembered of a host's shards, so that an unchanged entry costs no row. It is right since
 * this process alone holds the file, every write goes through here, and a rollback forgets it.
 */
interface Known {
  /** Name by digest of the entry that the row shows. */
  readonly byDigest: Map<string, string>;
  readonly byName: Map<string, { readonly digest: string | null; readonly state: ShardState }>;
  problems: number;
}

/** The rows of shards, written in a transaction that the caller holds. */
export interface ShardRows {
  /**
   * Takes in a whole report of a host.
   * @returns The problems that its last report did not have.
   */
  takeIn(hostUuid: string, entries: readonly ReportEntry[], nowMs: number): readonly HostProblem[];
  /** Writes a shard and its row of the journal. `digest` as in the table. */
  write(shard: Shard, digest: string | null, nowMs: number): void;
  remove(shard: Pick<Shard, "name" | "hostUuid">, nowMs: number): void;
  /** Hosts whose report was in conflict over `name` are to be read anew, now that it is free. */
  free(name: string): void;
}

export function createShardRows(db: Database, journal: Journal): ShardRows {
  const ofHost = db.prepare("SELECT name, digest, state FROM shards WHERE host_uuid = ?");
  const byName = db.prepare("SELECT * FROM shards WHERE name = ?");
  const standing = db.prepare(`
    SELECT shards.host_uuid, state, changed_ms, assigned, deckies.host_uuid AS assigned_to
    FROM (SELECT ? AS wanted) LEFT JOIN shards ON shards.name = wanted LEFT JOIN deckies ON deckies.name = wanted`);
  const hostName = db.prepare("SELECT name FROM hosts WHERE uuid = ?");
  /** Of a shard that stays its host's, as nearly all do: so that no index has to be written. */
  const update = db.prepare(`
    UPDATE shards SET state = ?3, reason = ?4, config = ?5, services = ?6, digest = ?7,
      changed_ms = ?8, assigned = ?9
    WHERE name = ?1 AND host_uuid = ?2`);
  const upsert = db.prepare(`
    INSERT INTO shards
      (name, host_uuid, state, reason, config, services, digest, changed_ms, assigned)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET
      host_uuid = excluded.host_uuid, state = excluded.state, reason = excluded.reason,
      config = excluded.config, services = excluded.services, digest = excluded.digest,
      changed_ms = excluded.changed_ms, assigned = excluded.assigned`);
  const del = db.prepare("DELETE FROM shards WHERE name = ?");
  const problemsOf = db.prepare("SELECT * FROM problems WHERE host_uuid = ? ORDER BY kind, decky");
  const clearProblems = db.prepare("DELETE FROM problems WHERE host_uuid = ?");
  const addProblem = db.prepare(
    "INSERT OR REPLACE INTO problems (host_uuid, kind, decky, detail, first_seen_ms) VALUES (?, ?, ?, ?, ?)",
  );
  const clearWaiting = db.prepare(`
    UPDATE hosts SET body_digest = NULL WHERE uuid IN
      (SELECT host_uuid FROM problems WHERE decky = ? AND kind = 'conflict')`);
  const known = new Map<string, Known>();
  db.onRollback(() => known.clear());

  function recall(hostUuid: string): Known {
    const remembered = known.get(hostUuid);
    if (remembered !== undefined) {
      known.delete(hostUuid);
      known.set(hostUuid, remembered);
      return remembered;
    }
    const fresh: Known = {
      byDigest: new Map(),
      byName: new Map(),
      problems: problemsOf.all(hostUuid).length,
    };
    for (const row of ofHost.all(hostUuid)) {
      remember(
        fresh,
        text(row, "name"),
        textOrNull(row, "digest"),
        text(row, "state") as ShardState,
      );
    }
    known.set(hostUuid, fresh);
    if (known.size > MOST_REMEMBERED) {
      for (const oldest of known.keys()) {
        known.delete(oldest);
        break;
      }
    }
    return fresh;
  }

  function remember(of: Known, name: string, digest: string | null, state: ShardState): void {
    forget(of, name);
    of.byName.set(name, { digest, state });
    if (digest !== null) of.byDigest.set(digest, name);
  }

  function forget(of: Known | undefined, name: string): void {
    const digest = of?.byName.get(name)?.digest ?? null;
    if (digest !== null) of?.byDigest.delete(digest);
    of?.byName.delete(name);
  }

  const rows: ShardRows = {
    takeIn(hostUuid, entries, nowMs) {
      const before = recall(hostUuid);
      const listed = new Set<string>();
      const malformed: MalformedDecky[] = [];
      const conflicts: MalformedDecky[] = [];
      for (const entry of entries) {
        const same = before.byDigest.get(entry.digest);
        if (same !== undefined) {
          listed.add(same);
          continue;
        }
        const reading = entry.read();
        if (reading.kind === "malformed") {
          malformed.push(reading.fault);
          continue;
        }
        const { decky } = reading;
        if (listed.has(decky.name)) {
          malformed.push({ decky: decky.name, detail: "listed twice" });
          continue;
        }
        const row = standing.get(decky.name) ?? {};
        const current = typeof row["host_uuid"] === "string" ? standingOf(row) : null;
        const assignedTo = textOrNull(row, "assigned_to");
        const verdict = judgeReported(decky, hostUuid, current, assignedTo, nowMs);
        if (verdict.kind === "conflict") {
          const owner = hostName.get(verdict.ownerUuid);
          const detail = `belongs to host ${owner === undefined ? verdict.ownerUuid : text(owner, "name")}`;
          conflicts.push({ decky: decky.name, detail });
          continue;
        }
        listed.add(decky.name);
        const settled = verdict.shard.state !== "stopping";
        if (current !== null) forget(known.get(current.hostUuid), decky.name);
        rows.write(verdict.shard, settled ? entry.digest : null, nowMs);
      }
      for (const [name, { state }] of before.byName) {
        if (!listed.has(name)) dropUnlisted(hostUuid, name, state, nowMs);
      }
      return keepProblems(before, hostUuid, malformed, conflicts, nowMs);
    },

    write(shard, digest, nowMs) {
      const values = [
        shard.name,
        shard.hostUuid,
        shard.state,
        shard.reason,
        shard.config === null ? null : JSON.stringify(shard.config),
        JSON.stringify(shard.services),
        digest,
        shard.changedMs,
        shard.assigned ? 1 : 0,
      ];
      if (update.run(...values).changes === 0) upsert.run(...values);
      const of = known.get(shard.hostUuid);
      if (of !== undefined) remember(of, shard.name, digest, shard.state);
      journal.write(nowMs, { topic: "shard", key: shard.name, body: shard });
    },

    remove(shard, nowMs) {
      del.run(shard.name);
      forget(known.get(shard.hostUuid), shard.name);
      rows.free(shard.name);
      journal.write(nowMs, {
        topic: "shard-removed",
        key: shard.name,
        body: { hostUuid: shard.hostUuid },
      });
    },

    free: (name) => void clearWaiting.run(name),
  };

  function dropUnlisted(hostUuid: string, name: string, state: ShardState, nowMs: number): void {
    const verdict = judgeUnlisted({ state });
    if (verdict === "remove") rows.remove({ name, hostUuid }, nowMs);
    if (verdict !== "absent") return;
    const row = byName.get(name);
    if (row === undefined) return;
    rows.write({ ...shardOf(row), state: "absent", changedMs: nowMs }, null, nowMs);
    rows.free(name);
  }

  /** Replaces what is kept of a host's problems by those of its newest report. */
  function keepProblems(
    of: Known,
    hostUuid: string,
    malformed: readonly MalformedDecky[],
    conflicts: readonly MalformedDecky[],
    nowMs: number,
  ): readonly HostProblem[] {
    if (of.problems === 0 && malformed.length === 0 && conflicts.length === 0) return [];
    const kept = problemsOf.all(hostUuid).map(problemOf);
    const found = new Map<string, HostProblem>();
    const collect = (kind: HostProblem["kind"], { decky, detail }: MalformedDecky) => {
      if (found.size >= MOST_PROBLEMS) return;
      const earlier = kept.find((problem) => problem.kind === kind && problem.decky === decky);
      const firstSeenMs = earlier?.firstSeenMs ?? nowMs;
      found.set(`${kind} ${decky}`, { hostUuid, kind, decky, detail, firstSeenMs });
    };
    for (const conflict of conflicts) collect("conflict", conflict);
    for (const fault of malformed) collect("malformed", fault);
    const now = [...found.values()].toSorted((a, b) =>
      `${a.kind} ${a.decky}` < `${b.kind} ${b.decky}` ? -1 : 1,
    );
    if (JSON.stringify(now) === JSON.stringify(kept)) return [];
    of.problems = now.length;
    clearProblems.run(hostUuid);
    for (const { kind, decky, detail, firstSeenMs } of now) {
      addProblem.run(hostUuid, kind, decky, detail, firstSeenMs);
    }
    journal.write(nowMs, { topic: "problems", key: hostUuid, body: now });
    return now.filter(({ firstSeenMs }) => firstSeenMs === nowMs);
  }

  return rows;
}
