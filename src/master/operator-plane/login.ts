import type { Clock } from "../../domain/clock.ts";
import { DecnetError } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { Operator, SecondFactor, Session, Store } from "../../store/store.ts";
import { createAttemptLimit } from "./attempt-limit.ts";
import type { Audit } from "./audit.ts";
import { hashSecret } from "./caller.ts";
import { isPassword } from "./password.ts";
import { TryLater } from "./refusal.ts";
import { unseal } from "./seal.ts";
import { matchTotp, readRecoveryCode } from "./totp.ts";

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
   * @throws {DecnetError} `login-failed`, `rate-limited` or `overloaded`; `totp-required` if the
   *   password is right and a code is missing. A wrong code is refused as a wrong password is.
   */
  open(attempt: {
    readonly user: string;
    readonly password: string;
    /** Of the authenticator app, or a recovery code. */
    readonly code?: string | undefined;
    readonly address: string | null;
  }): Promise<{ readonly secret: string; readonly session: Session }>;
  /**
   * Asks an operator who is logged in for the password once more, under the same limits.
   * @throws {DecnetError} `rate-limited` or `overloaded`.
   */
  confirm(attempt: {
    readonly user: string;
    readonly password: string;
    readonly address: string | null;
  }): Promise<boolean>;
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
  readonly totpKey: Buffer;
}): Logins {
  const { store, clock, log, audit, random, totpKey } = deps;
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
    await audit.refused({ ...row, outcome: "login-failed" });
  }

  /** Counts an attempt, before it costs anything. @returns How to forget it, once it succeeded. */
  function admit(user: string, address: string | null): () => void {
    const place = address ?? "local";
    const nowMs = clock.nowMs();
    const waitMs = Math.max(accounts.waitMs(user, nowMs), addresses.waitMs(place, nowMs));
    if (waitMs > 0) {
      count("rate-limited");
      throw new TryLater("rate-limited", waitMs);
    }
    accounts.add(user, nowMs);
    addresses.add(place, nowMs);
    return () => {
      accounts.clear(user);
      addresses.clear(place);
    };
  }

  /** @returns `none` where none is asked for; `wrong` for a code that is nobody's. */
  async function readSecond(
    { name, hasTotp }: Operator,
    code: string | undefined,
  ): Promise<SecondFactor | "none" | "wrong"> {
    if (!hasTotp) return "none";
    if (code === undefined) throw new DecnetError("totp-required");
    const recovery = readRecoveryCode(code);
    if (recovery !== null) return { kind: "recovery", codeHash: hashSecret(recovery) };
    const totp = await store.getTotp(name);
    if (totp === null) return "wrong";
    const secret = unseal(totpKey, totp.sealedSecret, name);
    const step = matchTotp(secret, code.replace(/\s/g, ""), clock.nowMs());
    return step === null ? "wrong" : { kind: "totp", step };
  }

  /** @returns The session, or null if password, second factor or account do not allow one. */
  async function openFor(
    operator: Operator | null,
    password: string,
    code: string | undefined,
    address: string | null,
  ): Promise<{ readonly secret: string; readonly session: Session } | null> {
    const isRight = await check(password, operator?.passwordHash ?? null);
    if (operator === null || operator.disabledMs !== null || !isRight) return null;
    const second = await readSecond(operator, code);
    if (second === "wrong") return null;
    const { name, passwordHash } = operator;
    const createdMs = clock.nowMs();
    const secret = random(32).toString("base64url");
    const session: Session = {
      secretHash: hashSecret(secret),
      operator: name,
      csrfToken: random(32).toString("base64url"),
      createdMs,
      expiresMs: createdMs + SESSION_MS,
    };
    await store.deleteExpiredSessions(createdMs);
    const entry = {
      atMs: createdMs,
      actor: `operator:${name}`,
      action: second !== "none" && second.kind === "recovery" ? "login.recovery" : "login",
      target: name,
      address,
    };
    const isOpen = await store.audited(entry, () =>
      store.openSession({ session, passwordHash, second: second === "none" ? null : second }),
    );
    return isOpen ? { secret, session } : null;
  }

  return {
    outcomes: () => counts,
    forgive: (user) => accounts.clear(user),
    async open({ user, password, code, address }) {
      const forget = admit(user, address);
      const operator = await store.getOperator(user);
      let opened: Awaited<ReturnType<typeof openFor>>;
      try {
        opened = await openFor(operator, password, code, address);
      } catch (error) {
        if (error instanceof DecnetError && error.code === "totp-required") count(error.code);
        throw error;
      }
      if (opened === null) {
        await keepRefusal(operator?.name ?? null, address);
        log.warn("login refused", { address });
        throw new DecnetError("login-failed");
      }
      forget();
      count("ok");
      return opened;
    },
    async confirm({ user, password, address }) {
      const forget = admit(user, address);
      const operator = await store.getOperator(user);
      const isRight = await check(password, operator?.passwordHash ?? null);
      if (isRight) forget();
      return isRight && operator !== null;
    },
  };
}
