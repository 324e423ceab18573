import type { Role, Scope } from "../../domain/role.ts";
import type { ApiToken, OperatorStore } from "../store.ts";
import type { Commit, Database, Row } from "./database.ts";
import type { Journal } from "./journal.ts";
import { number, numberOrNull, text } from "./rows.ts";

type ApiTokenStore = Pick<
  OperatorStore,
  "createApiToken" | "listApiTokens" | "revokeApiToken" | "findApiToken" | "touchApiToken"
>;

export function createApiTokenStore(db: Database, commit: Commit, journal: Journal): ApiTokenStore {
  const insert = db.prepare(`
    INSERT INTO api_tokens (id, secret_hash, operator, purpose, scope, created_ms, expires_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *`);
  const list = db.prepare(`
    SELECT * FROM api_tokens WHERE ?1 IS NULL OR operator = ?1 ORDER BY created_ms DESC, id`);
  const revoke = db.prepare(
    "UPDATE api_tokens SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL RETURNING *",
  );
  const find = db.prepare(`
    SELECT api_tokens.*, role FROM api_tokens JOIN operators ON name = operator
    WHERE secret_hash = ? AND revoked_ms IS NULL AND disabled_ms IS NULL`);
  const touch = db.prepare("UPDATE api_tokens SET last_used_ms = ? WHERE id = ? RETURNING *");
  /** @returns False if no row was written. */
  const announce = (row: Row | undefined, nowMs: number): boolean => {
    if (row === undefined) return false;
    const body = apiTokenOf(row);
    journal.write(nowMs, { topic: "api-token", key: body.id, body });
    return true;
  };

  return {
    async createApiToken({ id, operator, purpose, scope, createdMs, expiresMs }, secretHash) {
      await commit(() => {
        const row = insert.get(id, secretHash, operator, purpose, scope, createdMs, expiresMs);
        announce(row, createdMs);
      });
    },
    async listApiTokens(operator) {
      return db.read(() => list.all(operator ?? null)).map(apiTokenOf);
    },
    async revokeApiToken(id, nowMs) {
      return commit(() => announce(revoke.get(nowMs, id), nowMs));
    },
    async findApiToken(secretHash) {
      const row = db.read(() => find.get(secretHash));
      return row === undefined ? null : { ...apiTokenOf(row), role: text(row, "role") as Role };
    },
    async touchApiToken(id, nowMs) {
      await commit(() => announce(touch.get(nowMs, id), nowMs));
    },
  };
}

function apiTokenOf(row: Row): ApiToken {
  return {
    id: text(row, "id"),
    operator: text(row, "operator"),
    purpose: text(row, "purpose"),
    scope: text(row, "scope") as Scope,
    createdMs: number(row, "created_ms"),
    expiresMs: number(row, "expires_ms"),
    lastUsedMs: numberOrNull(row, "last_used_ms"),
    revokedMs: numberOrNull(row, "revoked_ms"),
  };
}
