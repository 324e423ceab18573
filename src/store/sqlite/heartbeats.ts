import type { AlarmKind } from "../../domain/alarm.ts";
import {
  type HeartbeatOutcome,
  type HeartbeatRefusal,
  type HeartbeatReport,
  hostLooksDifferent,
  judgeIdentity,
  refreshHost,
} from "../../domain/heartbeat.ts";
import type { Host, HostProblem } from "../../domain/host.ts";
import { isPassedOver, judgeLineage, NEW_LINEAGE, nextLineage } from "../../domain/lineage.ts";
import type { HeartbeatClaim, HeartbeatReading, HeartbeatStore } from "../store.ts";
import type { AlarmRows } from "./alarms.ts";
import type { AuditRows } from "./audit.ts";
import type { Commit, Database } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import { hostOf, lineageOf, number, shardOf, text, textOrNull } from "./rows.ts";
import type { ShardRows } from "./shards.ts";

type ReadHeartbeat = Exclude<HeartbeatReading, { kind: "unreadable" }>;

export function createHeartbeatStore(
  db: Database,
  commit: Commit,
  hosts: HostRows,
  shards: ShardRows,
  alarms: Pick<AlarmRows, "raise" | "raiseTo">,
  audit: AuditRows,
): HeartbeatStore {
  /*
   * The common case in one statement: the host is active, as the next beat of who got the last
   * answer or of an agent that knows no nonces. That it changed a row is the check of pin, state,
   * order and lineage, and the write, all at once.
   */
  const refresh = (set: string, where: string) =>
    db.prepare(`
      UPDATE hosts SET
        last_seen_ms = max(last_seen_ms, ?2), boot = coalesce(?3, boot),
        sequence = coalesce(?4, sequence), clock_skew_ms = coalesce(?5 - ?2, clock_skew_ms),
        acknowledged_nonce = ?8, nonce = ?9 ${set}
      WHERE fingerprint = ?1 AND state = 'active' AND address = ?7
        AND (?3 IS NULL OR ?3 = boot AND ?4 > sequence)
        AND (?8 = nonce OR ?8 IS NULL AND acknowledged_nonce IS NULL) ${where}
      RETURNING uuid, generation`);
  /** It says what it said before. */
  const sayAgain = refresh("", "AND body_digest = ?6");
  /** It says something else, of its deckies alone. */
  const sayNew = refresh(", body_digest = ?6", "AND uuid = ?10 AND agent_version IS ?11");
  const memoryOf = db.prepare(
    "SELECT body_digest, nonce, acknowledged_nonce, abandoned_nonces FROM hosts WHERE uuid = ?",
  );
  const save = db.prepare(`
    UPDATE hosts SET state = ?, last_seen_ms = ?, silent_since_ms = NULL, agent_version = ?,
      address = ?, clock_skew_ms = ?, boot = ?, sequence = ?, body_digest = ?,
      nonce = ?, acknowledged_nonce = ?, abandoned_nonces = ?
    WHERE uuid = ?`);
  const quarantine = db.prepare(`
    UPDATE hosts SET state = 'quarantined', quarantined_ms = ?, quarantine_reason = ?,
      silent_since_ms = NULL
    WHERE uuid = ? RETURNING *`);
  const silence = db.prepare(`
    UPDATE hosts SET state = 'silent', silent_since_ms = last_seen_ms
    WHERE state = 'active' AND last_seen_ms < ? RETURNING *`);
  const stale = db.prepare("SELECT * FROM shards WHERE state = 'absent' AND changed_ms < ?");

  const refused = (code: HeartbeatRefusal) => ({ kind: "refused" as const, code });
  const accepted = (hostUuid: string, generation: number) => ({
    kind: "accepted" as const,
    hostUuid,
    generation,
  });

  function take(claim: HeartbeatClaim): HeartbeatOutcome {
    const values = [
      claim.fingerprint,
      claim.arrivedMs,
      claim.boot,
      claim.sequence,
      claim.sentMs,
      claim.bodyDigest,
      claim.address,
      claim.echo,
      claim.nonce,
    ] as const;
    const again = claim.isNew ? undefined : sayAgain.get(...values);
    if (again !== undefined) return accepted(text(again, "uuid"), number(again, "generation"));
    const reading = claim.read();
    if (reading.kind === "unreadable") return refused(reading.code);
    if (reading.kind === "omitted") return takeWhole(claim, reading);
    const { hostUuid, agentVersion } = reading.report;
    const anew = sayNew.get(...values, hostUuid, agentVersion);
    if (anew === undefined) return takeWhole(claim, reading);
    const problems = takeInReport(reading.report, claim);
    return { ...accepted(hostUuid, number(anew, "generation")), ...some(problems) };
  }

  /** What a report says, of a host that has been refreshed. */
  function takeInReport(report: HeartbeatReport, claim: HeartbeatClaim): readonly HostProblem[] {
    const { hostUuid, eventsDropped } = report;
    const { arrivedMs: atMs, address } = claim;
    if (eventsDropped > 0) {
      const detail = `since start ${claim.boot ?? "unknown"} of its agent`;
      alarms.raiseTo({
        kind: "events-dropped",
        hostUuid,
        detail,
        address,
        atMs,
        count: eventsDropped,
      });
    }
    return shards.takeIn(hostUuid, report.entries, atMs);
  }

  const some = (problems: readonly HostProblem[]) => problems.length > 0 && { problems };

  function takeWhole(claim: HeartbeatClaim, reading: ReadHeartbeat): HeartbeatOutcome {
    const pin = hosts.findPin(claim.fingerprint);
    // Without a body nobody is claimed but the certificate's own host.
    const claimedUuid = reading.kind === "report" ? reading.report.hostUuid : pin?.hostUuid;
    let host = claimedUuid === undefined ? null : hosts.get(claimedUuid);
    if (host === null && reading.kind === "omitted") return refused("certificate-mismatch");
    const refusal = judgeIdentity(host, pin);
    if (host === null) return refused(refusal ?? "host-unknown");
    const row = memoryOf.get(host.uuid);
    const lineage = row === undefined ? NEW_LINEAGE : lineageOf(row);
    // The other copy renewed, and so would be rid of this one without it ever being judged.
    const isOutrenewed = pin?.hostUuid === host.uuid && pin.slot === "retired" && isInService(host);
    if (isOutrenewed && isPassedOver(lineage, claim.echo)) return isolate(host, claim);
    if (refusal !== null) return refused(refusal);

    const sameBody = row !== undefined && textOrNull(row, "body_digest") === claim.bodyDigest;
    const { boot, sequence } = host;
    const verdict = judgeLineage({ ...lineage, boot, sequence }, { ...claim, sameBody });
    if (verdict.kind === "repeated") {
      const known = hosts.promoted(host, claim.fingerprint, claim.arrivedMs);
      return { ...accepted(known.uuid, known.generation), repeated: true };
    }
    if (verdict.kind === "stale") return { kind: "refused", code: "heartbeat-stale", boot };
    if (verdict.kind === "cloned") return isolate(host, claim);
    if (reading.kind === "omitted" && !sameBody) return refused("status-unknown");
    const isRestored = verdict.kind === "restored" || verdict.kind === "echo-dropped";
    if (isRestored) {
      alarms.raise(sighting("restored", host, claim, claim.fingerprint));
    }
    const { current, acknowledged, abandoned } = nextLineage(
      lineage,
      verdict.kind,
      claim.echo,
      claim.nonce,
    );
    host = hosts.promoted(host, claim.fingerprint, claim.arrivedMs);

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
      current,
      acknowledged,
      abandoned.map((nonce) => `${nonce} `).join(""),
      next.uuid,
    );
    if (hostLooksDifferent(host, next)) hosts.announce(next, claim.arrivedMs);
    const isSame = reading.kind === "omitted" || sameBody;
    const problems = isSame ? [] : takeInReport(reading.report, claim);
    return {
      ...accepted(host.uuid, host.generation),
      ...(isRestored && { restored: true as const }),
      ...some(problems),
    };
  }

  const isInService = ({ state }: Host) => state !== "decommissioned" && state !== "quarantined";

  /** Two copies of the host's identity are live: neither is believed until an operator has looked. */
  function isolate(host: Host, claim: HeartbeatClaim): HeartbeatOutcome {
    const reason = `two live copies of its identity: one at ${host.address}, one at ${claim.address}`;
    const row = quarantine.get(claim.arrivedMs, reason, host.uuid);
    if (row !== undefined) hosts.announce(hostOf(row), claim.arrivedMs);
    // Each quarantine is an alarm of its own, though an earlier one was acknowledged.
    const since = `quarantined ${new Date(claim.arrivedMs).toISOString()}`;
    alarms.raise(sighting("clone", host, claim, since));
    const { arrivedMs: atMs, address } = claim;
    const entry = { actor: "system", action: "host.quarantine", target: host.uuid, outcome: "ok" };
    audit.append({ ...entry, atMs, address });
    return { ...refused("host-quarantined"), quarantined: host.uuid };
  }

  const sighting = (kind: AlarmKind, host: Host, claim: HeartbeatClaim, detail: string) => ({
    kind,
    hostUuid: host.uuid,
    detail,
    address: claim.address,
    atMs: claim.arrivedMs,
    count: 1,
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
