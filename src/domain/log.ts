/** Talk for operators. Events of deckies never travel through it: they are data. */
export interface Log {
  info(message: string, facts?: LogFacts): void;
  warn(message: string, facts?: LogFacts): void;
  error(message: string, facts?: LogFacts): void;
  debug(message: string, facts?: LogFacts): void;
  /** The same log with `facts` on every line. */
  child(facts: LogFacts): Log;
}

/** Facts beside a message. Never a key, a token, a password or a cookie. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** Says nothing: for tests whose subject is elsewhere. */
export const silentLog: Log = {
  info() {},
  warn() {},
  error() {},
  debug() {},
  child: () => silentLog,
};
