import type { EnrollmentOutcome, TokenStore } from "../store.ts";
import type { Commit, Database, Row } from "./database.ts";
import type { HostRows } from "./hosts.ts";
import type { Journal } from "./journal.ts";
import { tokenOf } from "./rows.ts";

export function createTokenStore(
  db: Database,
  commit: Commit,
  journal: Journal,
  hosts: HostRows,
): TokenStore {
  const insert = db.prepare(`
    INSERT INTO tokens (id, secret_hash, created_ms, created_by, expires_ms, host_name)
    VALUES (?, ?, ?, ?, ?, ?) RETURNING *`);
  const list = db.prepare("SELECT * FROM tokens ORDER BY created_ms DESC, id");
  const revoke = db.prepare(`
    UPDATE tokens SET revoked_ms = ? WHERE id = ? AND used_ms IS NULL AND revoked_ms IS NULL
    RETURNING *`);
  const find = db.prepare("SELECT * FROM tokens WHERE secret_hash = ?");
  const use = db.prepare(
    "UPDATE tokens SET used_ms = ?, used_by_host_uuid = ? WHERE id = ? RETURNING *",
  );
  const nameTaken = db.prepare("SELECT 1 FROM hosts WHERE name = ? AND state <> 'decommissioned'");
  const insertHost = db.prepare(`
    INSERT INTO hosts (uuid, name, state, enrolled_ms, agent_version, address, fingerprint,
      certificate_not_after_ms, certificate_since_ms)
    VALUES (?1, ?2, 'enrolled', ?3, ?4, ?5, ?6, ?7, ?3)`);
  const insertPin = db.prepare(`
    INSERT INTO pins (fingerprint, host_uuid, slot, not_after_ms, since_ms, public_key)
    VALUES (?, ?, 'current', ?, ?, ?)`);

  /** @returns False if no row was written. */
  const announce = (row: Row | undefined, nowMs: number): boolean => {
    if (row === undefined) return false;
    const body = tokenOf(row);
    journal.write(nowMs, { topic: "token", key: body.id, body });
    return true;
  };
  const refused = (
    code: Extract<EnrollmentOutcome, { kind: "refused" }>["code"],
  ): EnrollmentOutcome => ({ kind: "refused", code });

  return {
    async createToken(token, secretHash) {
      const { id, createdMs, createdBy, expiresMs, hostName } = token;
      await commit(() => {
        const row = insert.get(id, secretHash, createdMs, createdBy, expiresMs, hostName);
        announce(row, createdMs);
      });
    },
    async listTokens() {
      return db.read(() => list.all()).map(tokenOf);
    },
    async revokeToken(id, nowMs) {
      return commit(() => announce(revoke.get(nowMs, id), nowMs));
    },
    async findToken(secretHash) {
      const row = db.read(() => find.get(secretHash));
      return row === undefined ? null : tokenOf(row);
    },
    async enrollHost(enrollment) {
      return commit(() => {
        const row = find.get(enrollment.secretHash);
        const token = row === undefined ? null : tokenOf(row);
        if (token === null || token.revokedMs !== null) return refused("token-unknown");
        if (token.usedMs !== null) return refused("token-used");
        if (token.expiresMs <= enrollment.nowMs) return refused("token-expired");
        if (nameTaken.get(enrollment.name) !== undefined) return refused("host-name-taken");
        const { uuid, name, nowMs, fingerprint, certificateNotAfterMs } = enrollment;
        announce(use.get(nowMs, uuid, token.id), nowMs);
        insertHost.run(
          uuid,
          name,
          nowMs,
          enrollment.agentVersion,
          enrollment.address,
          fingerprint,
          certificateNotAfterMs,
        );
        insertPin.run(
          fingerprint,
          uuid,
          certificateNotAfterMs,
          nowMs,
          enrollment.publicKey ?? null,
        );
        const host = hosts.get(uuid);
        if (host === null) throw new Error("the host just written is not there");
        hosts.announce(host, nowMs);
        return { kind: "enrolled", host };
      });
    },
  };
}
