import type { Role } from "../../domain/role.ts";
import type { OperatorStore, SecondFactor } from "../store.ts";
import type { Commit, Database } from "./database.ts";
import { number, text } from "./rows.ts";

type SessionStore = Pick<
  OperatorStore,
  | "openSession"
  | "getSession"
  | "deleteSession"
  | "deleteExpiredSessions"
  | "beginTotp"
  | "getTotp"
  | "activateTotp"
  | "dropTotp"
>;

/** Writes the journal's row of an operator that was changed, as it is now. */
export interface AccountJournal {
  announce(name: string, nowMs: number): void;
}

/** Logins: sessions, and the second factors that open them. */
export function createSessionStore(
  db: Database,
  commit: Commit,
  accounts: AccountJournal,
): SessionStore {
  const asChecked = db.prepare(
    "SELECT 1 FROM operators WHERE name = ? AND password_hash = ? AND disabled_ms IS NULL",
  );
  const insert = db.prepare(`
    INSERT INTO sessions (secret_hash, operator, csrf_token, created_ms, expires_ms)
    VALUES (?, ?, ?, ?, ?)`);
  const find = db.prepare(`
    SELECT sessions.*, role FROM sessions JOIN operators ON name = operator
    WHERE secret_hash = ? AND disabled_ms IS NULL`);
  const end = db.prepare("DELETE FROM sessions WHERE secret_hash = ?");
  const endExpired = db.prepare("DELETE FROM sessions WHERE expires_ms <= ?");
  const totp = db.prepare("SELECT * FROM totps WHERE operator = ?");
  const begin = db.prepare(`
    INSERT INTO totps (operator, sealed_secret, active, last_step) VALUES (?, ?, 0, 0)
    ON CONFLICT (operator) DO UPDATE SET sealed_secret = excluded.sealed_secret
    WHERE active = 0`);
  const activate = db.prepare(
    "UPDATE totps SET active = 1, last_step = ? WHERE operator = ? AND active = 0",
  );
  const useStep = db.prepare(
    "UPDATE totps SET last_step = ?1 WHERE operator = ?2 AND active = 1 AND last_step < ?1",
  );
  const dropTotp = db.prepare("DELETE FROM totps WHERE operator = ?");
  const addCode = db.prepare("INSERT INTO recovery_codes (operator, code_hash) VALUES (?, ?)");
  const useCode = db.prepare("DELETE FROM recovery_codes WHERE operator = ? AND code_hash = ?");
  const dropCodes = db.prepare("DELETE FROM recovery_codes WHERE operator = ?");

  const hasTotp = (operator: string): boolean => totp.get(operator)?.["active"] === 1;

  function use(operator: string, second: SecondFactor | null): boolean {
    if (second === null) return !hasTotp(operator);
    if (second.kind === "totp") return useStep.run(second.step, operator).changes === 1;
    return hasTotp(operator) && useCode.run(operator, second.codeHash).changes === 1;
  }

  return {
    async openSession({ session, passwordHash, second }) {
      const { secretHash, operator, csrfToken, createdMs, expiresMs } = session;
      return commit(() => {
        if (asChecked.get(operator, passwordHash) === undefined) return false;
        if (!use(operator, second)) return false;
        insert.run(secretHash, operator, csrfToken, createdMs, expiresMs);
        return true;
      });
    },
    async getSession(secretHash) {
      const row = db.read(() => find.get(secretHash));
      if (row === undefined) return null;
      return {
        secretHash: text(row, "secret_hash"),
        operator: text(row, "operator"),
        csrfToken: text(row, "csrf_token"),
        createdMs: number(row, "created_ms"),
        expiresMs: number(row, "expires_ms"),
        role: text(row, "role") as Role,
      };
    },
    async deleteSession(secretHash) {
      await commit(() => void end.run(secretHash));
    },
    async deleteExpiredSessions(nowMs) {
      await commit(() => void endExpired.run(nowMs));
    },
    async beginTotp(operator, sealedSecret) {
      return commit(() => begin.run(operator, sealedSecret).changes === 1);
    },
    async getTotp(operator) {
      const row = db.read(() => totp.get(operator));
      if (row === undefined) return null;
      return { sealedSecret: text(row, "sealed_secret"), isActive: number(row, "active") === 1 };
    },
    async activateTotp({ operator, step, recoveryHashes, nowMs }) {
      return commit(() => {
        if (activate.run(step, operator).changes !== 1) return false;
        dropCodes.run(operator);
        for (const hash of recoveryHashes) addCode.run(operator, hash);
        accounts.announce(operator, nowMs);
        return true;
      });
    },
    async dropTotp(operator, nowMs) {
      return commit(() => {
        dropCodes.run(operator);
        if (dropTotp.run(operator).changes !== 1) return false;
        accounts.announce(operator, nowMs);
        return true;
      });
    },
  };
}
