import type { Role } from "../../domain/role.ts";
import type { Operator, OperatorChanged, OperatorStore } from "../store.ts";
import { createApiTokenStore } from "./api-tokens.ts";
import type { Commit, Database, Row } from "./database.ts";
import type { Journal } from "./journal.ts";
import { number, numberOrNull, text } from "./rows.ts";
import { createSessionStore } from "./sessions.ts";

export function createOperatorStore(db: Database, commit: Commit, journal: Journal): OperatorStore {
  const select = `SELECT operators.*, EXISTS (
      SELECT 1 FROM totps WHERE operator = name AND active = 1) AS has_totp FROM operators`;
  const byName = db.prepare(`${select} WHERE name = ?`);
  const all = db.prepare(`${select} ORDER BY name`);
  const count = db.prepare("SELECT count(*) AS n FROM operators");
  const insert = db.prepare(`
    INSERT INTO operators (name, role, password_hash, created_ms) VALUES (?, ?, ?, ?)
    ON CONFLICT (name) DO NOTHING`);
  const update = db.prepare(
    "UPDATE operators SET password_hash = ?, role = ?, disabled_ms = ? WHERE name = ?",
  );
  const otherAdmins = db.prepare(`
    SELECT count(*) AS n FROM operators
    WHERE role = 'admin' AND disabled_ms IS NULL AND name <> ?`);
  const remove = db.prepare("DELETE FROM operators WHERE name = ?");
  const belongings = ["sessions", "totps", "recovery_codes"].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE operator = ?`),
  );
  const dropTokens = db.prepare("DELETE FROM api_tokens WHERE operator = ? RETURNING id");
  const endSessions = db.prepare("DELETE FROM sessions WHERE operator = ?");
  const addRefusal = db.prepare(`
    INSERT INTO refusals (code, count) VALUES (?, ?)
    ON CONFLICT (code) DO UPDATE SET count = count + excluded.count`);
  const refusals = db.prepare("SELECT * FROM refusals ORDER BY code");

  const get = (name: string): Operator | null => {
    const row = byName.get(name);
    return row === undefined ? null : operatorOf(row);
  };
  const isLastAdmin = (name: string): boolean => otherAdmins.get(name)?.["n"] === 0;

  const announce = (name: string, nowMs: number): void => {
    const operator = get(name);
    if (operator === null) return;
    const { passwordHash: _, ...body } = operator;
    journal.write(nowMs, { topic: "operator", key: name, body });
  };

  return {
    ...createSessionStore(db, commit, { announce }),
    ...createApiTokenStore(db, commit, journal),
    async getOperator(name) {
      return db.read(() => get(name));
    },
    async listOperators() {
      return db.read(() => all.all()).map(operatorOf);
    },
    async countOperators() {
      const row = db.read(() => count.get());
      return row === undefined ? 0 : number(row, "n");
    },
    async createOperator({ name, role, passwordHash, createdMs }) {
      return commit(() => {
        if (insert.run(name, role, passwordHash, createdMs).changes !== 1) return false;
        announce(name, createdMs);
        return true;
      });
    },
    async changeOperator(name, change, nowMs) {
      return commit(() => {
        const before = get(name);
        if (before === null) return refused("operator-not-found");
        const { passwordHash, role, disabledMs } = { ...before, ...change };
        if (isActiveAdmin(before) && !isActiveAdmin({ role, disabledMs }) && isLastAdmin(name)) {
          return refused("last-admin");
        }
        update.run(passwordHash, role, disabledMs, name);
        endSessions.run(name);
        announce(name, nowMs);
        return { kind: "changed" };
      });
    },
    async deleteOperator(name, nowMs) {
      return commit(() => {
        const operator = get(name);
        if (operator === null) return refused("operator-not-found");
        if (isActiveAdmin(operator) && isLastAdmin(name)) return refused("last-admin");
        for (const row of dropTokens.all(name)) {
          const key = text(row, "id");
          journal.write(nowMs, { topic: "api-token-removed", key, body: { operator: name } });
        }
        remove.run(name);
        for (const statement of belongings) statement.run(name);
        journal.write(nowMs, { topic: "operator-removed", key: name, body: null });
        return { kind: "changed" };
      });
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

function refused(code: Extract<OperatorChanged, { kind: "refused" }>["code"]): OperatorChanged {
  return { kind: "refused", code };
}

function isActiveAdmin({ role, disabledMs }: Pick<Operator, "role" | "disabledMs">): boolean {
  return role === "admin" && disabledMs === null;
}

function operatorOf(row: Row): Operator {
  return {
    name: text(row, "name"),
    role: text(row, "role") as Role,
    passwordHash: text(row, "password_hash"),
    createdMs: number(row, "created_ms"),
    disabledMs: numberOrNull(row, "disabled_ms"),
    hasTotp: number(row, "has_totp") === 1,
  };
}
