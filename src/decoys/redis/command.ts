import type { Instance } from "./instance.ts";
import type { Keyspace, Value } from "./keyspace.ts";
import { NOT_AN_INTEGER, type Reply, SYNTAX_ERROR, WRONG_TYPE } from "./reply.ts";

/** One connection's own state. */
export interface Client {
  readonly id: number;
  readonly address: string;
  readonly localAddress: string;
  readonly connectedMs: number;
  database: number;
  name: string;
  /** 2 or 3. */
  protocol: number;
  authenticated: boolean;
  /** Commands between MULTI and EXEC; null outside. */
  queue: (readonly string[])[] | null;
  queueFailed: boolean;
  readonly channels: Set<string>;
  readonly patterns: Set<string>;
  monitors: boolean;
  /** Set by a command after which the connection ends. */
  closing: boolean;
  /** Records an attempt to log in. */
  readonly attempted: (user: string, password: string, success: boolean) => void;
}

export interface Call {
  readonly instance: Instance;
  readonly client: Client;
  /** Its name, in lowercase, and its arguments. */
  readonly name: string;
  readonly args: readonly string[];
}

export interface CommandSpec {
  /** As `COMMAND` has it: the name counts; negative for at least so many. */
  readonly arity: number;
  /** `w` writes, `r` reads, `a` for administrators, `f` fast. */
  readonly flags: string;
  /** First version that has it: 32 is 3.2. */
  readonly since?: number;
  run(call: Call): Reply;
}

export type Commands = Readonly<Record<string, CommandSpec>>;

/** Text of an argument that must be there by the command's arity. */
export function arg(call: Call, index: number): string {
  return call.args[index] ?? "";
}

export function keyspace(call: Call): Keyspace {
  return call.instance.keyspace;
}

/** The value of a key if it has that type: null if there is none, `WRONG_TYPE` if it has another. */
export function valueOf<T extends Value["type"]>(
  call: Call,
  key: string,
  type: T,
): ValueOf<T> | null | typeof WRONG_TYPE {
  const value = keyspace(call).get(call.client.database, key);
  if (value === null) return null;
  return value.type === type ? (value as ValueOf<T>) : WRONG_TYPE;
}

export function isReply(value: object | null): value is Reply {
  return value !== null && "kind" in value;
}

type ValueOf<T extends Value["type"]> = Extract<Value, { type: T }>;

const EMPTY: { readonly [T in Value["type"]]: () => ValueOf<T> } = {
  string: () => ({ type: "string", text: "" }),
  list: () => ({ type: "list", items: [] }),
  set: () => ({ type: "set", members: new Set() }),
  hash: () => ({ type: "hash", fields: new Map() }),
  zset: () => ({ type: "zset", scores: new Map() }),
};

/** The value of a key, made if there is none. */
export function valueToWrite<T extends Value["type"]>(
  call: Call,
  key: string,
  type: T,
): ValueOf<T> | Reply {
  const found = valueOf(call, key, type);
  if (found !== null) return found;
  const made = EMPTY[type]();
  keyspace(call).set(call.client.database, key, made);
  return made;
}

/** A command that reads a key of one type; one that is not there reads as an empty value. */
export function reading<T extends Value["type"]>(
  type: T,
  read: (value: ValueOf<T>, call: Call) => Reply,
) {
  return (call: Call): Reply => {
    const value = valueOf(call, arg(call, 1), type);
    return isReply(value) ? value : read(value ?? EMPTY[type](), call);
  };
}

/** Redis has no empty collections: a key whose last item is gone goes too. */
export function dropIfEmpty(call: Call, size: number): void {
  if (size === 0) keyspace(call).delete(call.client.database, arg(call, 1));
}

/**
 * A range as Redis counts, its first place and its last in the arguments from `first` on, from the
 * end if negative.
 *
 * @param reply Gets the bounds as `slice` wants them.
 */
export function ranging(
  call: Call,
  first: number,
  length: number,
  reply: (start: number, end: number) => Reply,
): Reply {
  const [start = 0, end = 0] = [arg(call, first), arg(call, first + 1)].map((text) =>
    /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN,
  );
  if (Number.isNaN(start) || Number.isNaN(end)) return NOT_AN_INTEGER;
  const absolute = (index: number) => (index < 0 ? Math.max(0, length + index) : index);
  return reply(absolute(start), end < 0 ? length + end + 1 : end + 1);
}

/** Words that say more about their argument in one version than in another. */
export function unknownSubcommand(call: Call, subcommand: string): Reply {
  const { version } = call.instance;
  const command = call.name.toUpperCase();
  if (version >= 50) {
    return {
      kind: "error",
      text: `ERR Unknown subcommand or wrong number of arguments for '${subcommand.slice(0, 128)}'. Try ${command} HELP.`,
    };
  }
  if (call.name === "config") {
    return {
      kind: "error",
      text: "ERR CONFIG subcommand must be one of GET, SET, RESETSTAT, REWRITE",
    };
  }
  return SYNTAX_ERROR;
}
