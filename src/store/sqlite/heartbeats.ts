import {
  type HeartbeatOutcome,
  type HeartbeatRefusal,
  hostLooksDifferent,
  judgeIdentity,
  judgePlace,
  refreshHost,
} from "../../domain/heartbeat.ts";
import type { Host } from "../../domain/host.ts";
import type { HeartbeatClaim, HeartbeatStore } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import { hostOf, number, shardOf, text, textOrNull } from "./rows.ts";
import type { ShardRows } from "./shards.ts";

export function createHeartbeatStore(
  db: Database,
  commit: Commit,
  hosts: HostRows,
  shards: ShardRows,
): HeartbeatStore {
  /*
   * The common case in one statement: the host is active and says what it said before. That it
   * changed a row is the check of pin, state, digest and order, and the write, all at once.
   */
  const touch = db.prepare(`
    UPDATE hosts SET
      last_seen_ms = max(last_seen_ms, ?2), boot = coalesce(?3, boot),
      sequence = coalesce(?4, sequence), clock_skew_ms = coalesce(?5 - ?2, clock_skew_ms)
    WHERE fingerprint = ?1 AND state = 'active' AND body_digest = ?6 AND address = ?7
      AND (?3 IS NULL OR ?3 = boot AND ?4 > sequence)
    RETURNING uuid, generation`);
  const digestOf = db.prepare("SELECT body_digest FROM hosts WHERE uuid = ?");
  const save = db.prepare(`
    UPDATE hosts SET state = ?, last_seen_ms = ?, silent_since_ms = NULL, agent_version = ?,
      address = ?, clock_skew_ms = ?, boot = ?, sequence = ?, body_digest = ?
    WHERE uuid = ?`);
  const silence = db.prepare(`
    UPDATE hosts SET state = 'silent', silent_since_ms = last_seen_ms
    WHERE state = 'active' AND last_seen_ms < ? RETURNING *`);
  const stale = db.prepare("SELECT * FROM shards WHERE state = 'absent' AND changed_ms < ?");

  const refused = (code: HeartbeatRefusal): HeartbeatOutcome => ({ kind: "refused", code });

  function take(claim: HeartbeatClaim): HeartbeatOutcome {
    const touched = touch.get(
      claim.fingerprint,
      claim.arrivedMs,
      claim.boot,
      claim.sequence,
      claim.sentMs,
      claim.bodyDigest,
      claim.address,
    );
    if (touched === undefined) return takeWhole(claim);
    const generation = number(touched, "generation");
    return { kind: "accepted", hostUuid: text(touched, "uuid"), generation };
  }

  function takeWhole(claim: HeartbeatClaim): HeartbeatOutcome {
    const reading = claim.read();
    if (reading.kind === "unreadable") return refused(reading.code);
    const pin = hosts.findPin(claim.fingerprint);
    // Without a body nobody is claimed but the certificate's own host.
    const claimedUuid = reading.kind === "report" ? reading.report.hostUuid : pin?.hostUuid;
    const host = claimedUuid === undefined ? null : hosts.get(claimedUuid);
    if (host === null && reading.kind === "omitted") return refused("certificate-mismatch");
    const refusal = judgeIdentity(host, pin);
    if (host === null || refusal !== null) return refused(refusal ?? "host-unknown");

    const row = digestOf.get(host.uuid);
    const sameBody = row !== undefined && textOrNull(row, "body_digest") === claim.bodyDigest;
    const place = judgePlace(host, claim);
    // The same heartbeat once more, its answer lost on the way: it is durable already.
    if (place === "same" && sameBody) return accept(host);
    if (place !== "newer") {
      return { kind: "refused", code: "heartbeat-stale", boot: host.boot };
    }
    if (reading.kind === "omitted" && !sameBody) return refused("status-unknown");

    const agentVersion =
      reading.kind === "report" ? reading.report.agentVersion : host.agentVersion;
    const next = refreshHost(host, { ...claim, nowMs: claim.arrivedMs, agentVersion });
    // Before the shards: a name that this very report frees may clear the digest again.
    save.run(
      next.state,
      next.lastSeenMs,
      next.agentVersion,
      next.address,
      next.clockSkewMs,
      next.boot,
      next.sequence,
      claim.bodyDigest,
      next.uuid,
    );
    if (hostLooksDifferent(host, next)) hosts.announce(next, claim.arrivedMs);
    if (reading.kind === "omitted" || sameBody) return accept(next);
    const problems = shards.takeIn(host.uuid, reading.report.entries, claim.arrivedMs);
    return problems.length === 0 ? accept(next) : { ...accept(next), problems };
  }

  const accept = (host: Host) => ({
    kind: "accepted" as const,
    hostUuid: host.uuid,
    generation: host.generation,
  });

  return {
    async commitHeartbeats(claims) {
      return commit(() => claims.map(take));
    },

    async sweep({ nowMs, silentBeforeMs, purgeBeforeMs }) {
      return commit(() => {
        const silenced = silentBeforeMs === null ? [] : silence.all(silentBeforeMs).map(hostOf);
        for (const host of silenced) hosts.announce(host, nowMs);
        const gone = stale.all(purgeBeforeMs).map(shardOf);
        for (const shard of gone) shards.remove(shard, nowMs);
        return { silenced: silenced.map((host) => host.uuid), purged: gone.length };
      });
    },
  };
}
