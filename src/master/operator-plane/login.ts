import type { Clock } from "../../domain/clock.ts";
import { DecnetError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { Session, Store } from "../../store/store.ts";
import { createAttemptLimit } from "./attempt-limit.ts";
import type { Audit } from "./audit.ts";
import { hashSecret } from "./caller.ts";
import { isPassword } from "./password.ts";
import { TryLater } from "./refusal.ts";

const SESSION_MS = 12 * 60 * 60 * 1_000;
const MAX_KEYS = 10_000;
/** Five guesses at once, then two a minute: 2,880 a day, against 100 bits. */
const PER_ACCOUNT = { burst: 5, refillMs: 30_000, maxKeys: MAX_KEYS };
const PER_ADDRESS = { burst: 20, refillMs: 5_000, maxKeys: MAX_KEYS };
/** Rows of refused logins, so that guessing does not fill the disk; the rest are counted. */
const REFUSED_ROWS = { burst: 50, refillMs: 60_000, maxKeys: 1 };
/** Passwords that may wait for their turn; each takes 128 MiB and 0.4 s while it is checked. */
const MAX_WAITING = 8;

export interface Logins {
  /**
   * @returns The secret for the cookie and the session that it opens.
   * @throws {DecnetError} `login-failed`, `rate-limited` or `overloaded`.
   */
  open(attempt: {
    readonly user: string;
    readonly password: string;
    readonly address: string | null;
  }): Promise<{ readonly secret: string; readonly session: Session }>;
  /** Lets an account try at once again, after its password was reset. */
  forgive(user: string): void;
  /** Attempts since the start by outcome. */
  outcomes(): ReadonlyMap<string, number>;
}

export function createLogins(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly random: (bytes: number) => Buffer;
}): Logins {
  const { store, clock, log, audit, random } = deps;
  const accounts = createAttemptLimit(PER_ACCOUNT);
  const addresses = createAttemptLimit(PER_ADDRESS);
  const refusedRows = createAttemptLimit(REFUSED_ROWS);
  const counts = new Map<string, number>();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const count = (outcome: string): void => void counts.set(outcome, (counts.get(outcome) ?? 0) + 1);

  /** One at a time. */
  async function check(password: string, passwordHash: string | null): Promise<boolean> {
    if (waiting >= MAX_WAITING) throw new TryLater("overloaded", 2_000);
    waiting += 1;
    const checked = turn.then(() => isPassword(password, passwordHash));
    turn = checked.catch(() => {});
    try {
      return await checked;
    } finally {
      waiting -= 1;
    }
  }

  /** @param user Null for a name that is no account's: people type passwords there. */
  async function keepRefusal(user: string | null, address: string | null): Promise<void> {
    count("login-failed");
    if (refusedRows.waitMs("", clock.nowMs()) > 0) {
      await store.addRefusals(new Map([["login-failed", 1]]));
      return;
    }
    refusedRows.add("", clock.nowMs());
    const row = { actor: "anonymous", action: "login", target: user, address };
    await audit.append({ ...row, outcome: "login-failed" });
  }

  return {
    outcomes: () => counts,
    forgive: (user) => accounts.clear(user),
    async open({ user, password, address }) {
      const place = address ?? "local";
      const nowMs = clock.nowMs();
      const waitMs = Math.max(accounts.waitMs(user, nowMs), addresses.waitMs(place, nowMs));
      if (waitMs > 0) {
        count("rate-limited");
        throw new TryLater("rate-limited", waitMs);
      }
      accounts.add(user, nowMs);
      addresses.add(place, nowMs);

      const operator = await store.getOperator(user);
      if (!(await check(password, operator?.passwordHash ?? null))) {
        await keepRefusal(operator?.name ?? null, address);
        log.warn("login refused", { address });
        throw new DecnetError("login-failed");
      }
      accounts.clear(user);
      addresses.clear(place);

      const createdMs = clock.nowMs();
      const secret = random(32).toString("base64url");
      const session: Session = {
        secretHash: hashSecret(secret),
        operator: user,
        csrfToken: random(32).toString("base64url"),
        createdMs,
        expiresMs: createdMs + SESSION_MS,
      };
      await store.deleteExpiredSessions(createdMs);
      await store.putSession(session);
      count("ok");
      await audit.append({
        actor: `operator:${user}`,
        action: "login",
        target: user,
        outcome: "ok",
        address,
      });
      return { secret, session };
    },
  };
}
