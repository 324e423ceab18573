import type { Account } from "../domain/operator.ts";
import type { Role } from "../domain/role.ts";
import type { ApiToken } from "../domain/token.ts";

/** Somebody who may log in. */
export interface Operator extends Account {
  /** In PHC string format, or the like: names its algorithm and its cost. */
  readonly passwordHash: string;
}

export type NewOperator = Omit<Operator, "disabledMs" | "hasTotp">;

export interface Session {
  /** SHA-256 of the cookie's secret, lowercase hex. */
  readonly secretHash: string;
  readonly operator: string;
  readonly csrfToken: string;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** The second half of a login. Each works once. */
export type SecondFactor =
  /** Steps of RFC 6238 that are not newer than the last one used are refused. */
  | { readonly kind: "totp"; readonly step: number }
  | { readonly kind: "recovery"; readonly codeHash: string };

/** A time-based one-time password (RFC 6238) of an operator. */
export interface Totp {
  /** Encrypted: the store alone opens no second factor. */
  readonly sealedSecret: string;
  /** False until a first right code has shown that the operator has the secret. */
  readonly isActive: boolean;
}

export type OperatorChanged =
  | { readonly kind: "changed" }
  | {
      readonly kind: "refused";
      /** last-admin: nobody would be left who may manage operators. */
      readonly code: "operator-not-found" | "last-admin";
    };

export interface OperatorStore {
  getOperator(name: string): Promise<Operator | null>;
  /** Sorted by name. */
  listOperators(): Promise<readonly Operator[]>;
  countOperators(): Promise<number>;
  /** @returns False if the name is taken. */
  createOperator(operator: NewOperator): Promise<boolean>;
  /** Changes what is given, and ends the operator's sessions. */
  changeOperator(
    name: string,
    change: Partial<Pick<Operator, "passwordHash" | "role" | "disabledMs">>,
    nowMs: number,
  ): Promise<OperatorChanged>;
  /** Sessions, second factor and API tokens go along. */
  deleteOperator(name: string, nowMs: number): Promise<OperatorChanged>;

  /**
   * Opens a session, and uses the second factor up, if all is still as the caller has checked it.
   * @returns False if it is not: the password was changed, the operator disabled or deleted, the
   *   second factor used before, missing, or no longer asked for.
   */
  openSession(opening: {
    readonly session: Session;
    /** Of the password that was checked. */
    readonly passwordHash: string;
    readonly second: SecondFactor | null;
  }): Promise<boolean>;
  /** With the role that its operator has now. Null if there is none, or its operator is disabled. */
  getSession(secretHash: string): Promise<(Session & { readonly role: Role }) | null>;
  deleteSession(secretHash: string): Promise<void>;
  deleteExpiredSessions(nowMs: number): Promise<void>;

  /** Begins anew with a secret that is not active yet. @returns False if one is active. */
  beginTotp(operator: string, sealedSecret: string): Promise<boolean>;
  getTotp(operator: string): Promise<Totp | null>;
  /**
   * @param step Of the right code that was shown: it works no second time.
   * @returns False if there is none to activate, or it is active.
   */
  activateTotp(activation: {
    readonly operator: string;
    readonly step: number;
    readonly recoveryHashes: readonly string[];
    readonly nowMs: number;
  }): Promise<boolean>;
  /** @returns False if there was none. */
  dropTotp(operator: string, nowMs: number): Promise<boolean>;

  /** @param secretHash SHA-256 of the token's secret, lowercase hex. */
  createApiToken(token: ApiToken, secretHash: string): Promise<void>;
  /** Newest first; of all operators if none is named. */
  listApiTokens(operator?: string): Promise<readonly ApiToken[]>;
  /** @returns False if there is no such token, or it was revoked before. */
  revokeApiToken(id: string, nowMs: number): Promise<boolean>;
  /** With its owner's role. Null if it is unknown or revoked, or its owner disabled. */
  findApiToken(secretHash: string): Promise<(ApiToken & { readonly role: Role }) | null>;
  touchApiToken(id: string, nowMs: number): Promise<void>;

  /** Counts refusals of an attacker's making, which are never rows. */
  addRefusals(counts: ReadonlyMap<string, number>): Promise<void>;
  listRefusals(): Promise<ReadonlyMap<string, number>>;
}
