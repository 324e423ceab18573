import type { Host } from "../../domain/host.ts";
import { judgeRecovery, RECOVERY_WINDOW_MS, renewalDueMs } from "../../domain/renewal.ts";
import type { IssuedPin, NextPinned, RenewalStore } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import { hostOf, number, text, textOrNull } from "./rows.ts";

export function createRenewalStore(db: Database, commit: Commit, hosts: HostRows): RenewalStore {
  const pinByFingerprint = db.prepare("SELECT * FROM pins WHERE fingerprint = ?");
  const nextOf = db.prepare("SELECT * FROM pins WHERE host_uuid = ? AND slot = 'next'");
  const dropNext = db.prepare(
    "UPDATE pins SET slot = 'retired', certificate = NULL WHERE host_uuid = ? AND slot = 'next'",
  );
  const insertNext = db.prepare(`
    INSERT INTO pins (fingerprint, host_uuid, slot, not_after_ms, since_ms, public_key, certificate)
    VALUES (?, ?, 'next', ?, ?, ?, ?)`);
  const expect = db.prepare("UPDATE hosts SET next_fingerprint = ? WHERE uuid = ? RETURNING *");
  const recoveriesOf = db.prepare(
    "SELECT count(*) AS n FROM recoveries WHERE host_uuid = ? AND at_ms > ?",
  );
  const countRecovery = db.prepare("INSERT INTO recoveries (host_uuid, at_ms) VALUES (?, ?)");
  // Past two thirds of its life, as `isRenewalOverdue` has it.
  const overdue = db.prepare(`
    SELECT * FROM hosts WHERE state NOT IN ('decommissioned', 'quarantined')
      AND 3 * ? >= certificate_since_ms + 2 * certificate_not_after_ms ORDER BY name`);

  const keyOf = (fingerprint: string): string | null => {
    const row = pinByFingerprint.get(fingerprint);
    return row === undefined ? null : textOrNull(row, "public_key");
  };
  const recoveries = (hostUuid: string, nowMs: number): number => {
    const row = recoveriesOf.get(hostUuid, nowMs - RECOVERY_WINDOW_MS);
    return row === undefined ? 0 : number(row, "n");
  };

  /** The host's next certificate if it is of the same key and still young; null if there is none. */
  function held(host: Host, publicKey: string, nowMs: number): NextPinned | null {
    const row = nextOf.get(host.uuid);
    if (row === undefined || textOrNull(row, "public_key") !== publicKey) return null;
    const life = { sinceMs: number(row, "since_ms"), notAfterMs: number(row, "not_after_ms") };
    if (nowMs >= renewalDueMs(life)) return null;
    const certificatePem = text(row, "certificate");
    return { kind: "pinned", hostUuid: host.uuid, certificatePem, again: true };
  }

  function pin(host: Host, next: IssuedPin, nowMs: number): NextPinned {
    const { fingerprint, certificatePem } = next;
    dropNext.run(host.uuid);
    insertNext.run(fingerprint, host.uuid, next.notAfterMs, nowMs, next.publicKey, certificatePem);
    const row = expect.get(fingerprint, host.uuid);
    if (row !== undefined) hosts.announce(hostOf(row), nowMs);
    return { kind: "pinned", hostUuid: host.uuid, certificatePem, again: false };
  }

  return {
    async renewHost({ fingerprint, nowMs, next }) {
      return commit(() => {
        const found = hosts.identify(fingerprint, nowMs);
        if (found.kind === "refused") return found;
        if (keyOf(found.host.fingerprint) === next.publicKey) {
          return { kind: "refused", code: "key-not-new" };
        }
        return held(found.host, next.publicKey, nowMs) ?? pin(found.host, next, nowMs);
      });
    },
    async promotePin({ fingerprint, nowMs }) {
      return commit(() => {
        const found = hosts.identify(fingerprint, nowMs);
        return found.kind === "refused" ? found : { kind: "promoted" };
      });
    },
    async findPinnedKey(hostUuid) {
      return db.read(() => {
        const host = hosts.get(hostUuid);
        const publicKey = host === null ? null : keyOf(host.fingerprint);
        if (host === null || publicKey === null) return null;
        return { fingerprint: host.fingerprint, publicKey };
      });
    },
    async recoverHost({ hostUuid, fingerprint, nowMs, bounds, next }) {
      return commit(() => {
        const host = hosts.get(hostUuid);
        if (host === null || host.fingerprint !== fingerprint) {
          return { kind: "refused", code: "recovery-refused" };
        }
        if (keyOf(fingerprint) === next.publicKey) return { kind: "refused", code: "key-not-new" };
        const again = held(host, next.publicKey, nowMs);
        // What was answered before is answered again: it was counted then.
        const had = again === null ? recoveries(hostUuid, nowMs) : 0;
        const code = judgeRecovery(host, had, nowMs, bounds);
        if (code !== null) return { kind: "refused", code };
        if (again !== null) return again;
        countRecovery.run(hostUuid, nowMs);
        return pin(host, next, nowMs);
      });
    },
    async listRenewalsOverdue(nowMs) {
      return db.read(() => overdue.all(nowMs)).map(hostOf);
    },
  };
}
