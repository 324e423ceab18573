import type { OperatorStore } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import { number, text, textOrNull } from "./rows.ts";

export function createOperatorStore(db: Database, commit: Commit): OperatorStore {
  const operator = db.prepare("SELECT * FROM operators WHERE name = ?");
  const operators = db.prepare("SELECT count(*) AS n FROM operators");
  const putOperator = db.prepare(`
    INSERT INTO operators (name, password_hash, created_ms) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash`);
  const endSessions = db.prepare("DELETE FROM sessions WHERE operator = ?");
  const putSession = db.prepare(`
    INSERT INTO sessions (secret_hash, operator, csrf_token, created_ms, expires_ms)
    VALUES (?, ?, ?, ?, ?)`);
  const session = db.prepare("SELECT * FROM sessions WHERE secret_hash = ?");
  const endSession = db.prepare("DELETE FROM sessions WHERE secret_hash = ?");
  const endExpired = db.prepare("DELETE FROM sessions WHERE expires_ms <= ?");
  const appendAudit = db.prepare(`
    INSERT INTO audit (at_ms, actor, action, target, outcome, address) VALUES (?, ?, ?, ?, ?, ?)`);
  const audit = db.prepare("SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?");
  const addRefusal = db.prepare(`
    INSERT INTO refusals (code, count) VALUES (?, ?)
    ON CONFLICT (code) DO UPDATE SET count = count + excluded.count`);
  const refusals = db.prepare("SELECT * FROM refusals ORDER BY code");

  return {
    async getOperator(name) {
      const row = db.read(() => operator.get(name));
      if (row === undefined) return null;
      return {
        name: text(row, "name"),
        passwordHash: text(row, "password_hash"),
        createdMs: number(row, "created_ms"),
      };
    },
    async countOperators() {
      const row = db.read(() => operators.get());
      return row === undefined ? 0 : number(row, "n");
    },
    async putOperator({ name, passwordHash, createdMs }) {
      await commit(() => {
        putOperator.run(name, passwordHash, createdMs);
        endSessions.run(name);
      });
    },
    async putSession({ secretHash, operator, csrfToken, createdMs, expiresMs }) {
      await commit(() => putSession.run(secretHash, operator, csrfToken, createdMs, expiresMs));
    },
    async getSession(secretHash) {
      const row = db.read(() => session.get(secretHash));
      if (row === undefined) return null;
      return {
        secretHash: text(row, "secret_hash"),
        operator: text(row, "operator"),
        csrfToken: text(row, "csrf_token"),
        createdMs: number(row, "created_ms"),
        expiresMs: number(row, "expires_ms"),
      };
    },
    async deleteSession(secretHash) {
      await commit(() => endSession.run(secretHash));
    },
    async deleteExpiredSessions(nowMs) {
      await commit(() => endExpired.run(nowMs));
    },
    async appendAudit({ atMs, actor, action, target, outcome, address }) {
      await commit(() => appendAudit.run(atMs, actor, action, target, outcome, address));
    },
    async listAudit({ limit, beforeId }) {
      const rows = db.read(() => audit.all(beforeId ?? Number.MAX_SAFE_INTEGER, limit));
      return rows.map((row) => ({
        id: number(row, "id"),
        atMs: number(row, "at_ms"),
        actor: text(row, "actor"),
        action: text(row, "action"),
        target: textOrNull(row, "target"),
        outcome: text(row, "outcome"),
        address: textOrNull(row, "address"),
      }));
    },
    async addRefusals(counts) {
      await commit(() => {
        for (const [code, added] of counts) addRefusal.run(code, added);
      });
    },
    async listRefusals() {
      const rows = db.read(() => refusals.all());
      return new Map(rows.map((row) => [text(row, "code"), number(row, "count")]));
    },
  };
}
