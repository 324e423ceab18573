import { arg, type Call, type Commands, keyspace, unknownSubcommand } from "./command.ts";
import { DATABASES, matchesGlob } from "./keyspace.ts";
import { integerOf } from "./protocol.ts";
import {
  array,
  bulk,
  bulks,
  error,
  integer,
  NIL,
  NOT_AN_INTEGER,
  OK,
  type Reply,
  SYNTAX_ERROR,
  simple,
} from "./reply.ts";

function remove(call: Call): Reply {
  const keys = call.args.slice(1);
  const { database } = call.client;
  return integer(keys.filter((key) => keyspace(call).delete(database, key)).length);
}

function expire(unitMs: number, absolute: boolean) {
  return (call: Call): Reply => {
    const amount = integerOf(arg(call, 2));
    if (amount === null) return NOT_AN_INTEGER;
    const { database } = call.client;
    const key = arg(call, 1);
    if (keyspace(call).get(database, key) === null) return integer(0);
    const now = call.instance.nowMs();
    keyspace(call).expire(database, key, (absolute ? 0 : now) + amount * unitMs);
    keyspace(call).touch(0);
    return integer(1);
  };
}

function remaining(unitMs: number) {
  return (call: Call): Reply => {
    const { database } = call.client;
    const key = arg(call, 1);
    if (keyspace(call).get(database, key) === null) return integer(-2);
    const expiresMs = keyspace(call).expiry(database, key);
    if (expiresMs === null) return integer(-1);
    return integer(Math.round((expiresMs - call.instance.nowMs()) / unitMs));
  };
}

function rename(call: Call): Reply {
  const { database } = call.client;
  const [from, to] = [arg(call, 1), arg(call, 2)];
  const value = keyspace(call).get(database, from);
  if (value === null) return error("ERR no such key");
  const expiresMs = keyspace(call).expiry(database, from);
  keyspace(call).delete(database, from);
  keyspace(call).set(database, to, value, expiresMs);
  return OK;
}

function flush(all: boolean) {
  return (call: Call): Reply => {
    const mode = call.args[1]?.toLowerCase();
    if (
      call.args.length > 2 ||
      (mode !== undefined && (mode !== "async" || call.instance.version < 40))
    ) {
      return SYNTAX_ERROR;
    }
    keyspace(call).clear(all ? null : call.client.database);
    return OK;
  };
}

function scan(call: Call): Reply {
  if (integerOf(arg(call, 1)) === null) return error("ERR invalid cursor");
  let pattern = "*";
  for (let index = 2; index < call.args.length; index += 2) {
    const option = arg(call, index).toLowerCase();
    const value = call.args[index + 1];
    if (value === undefined) return SYNTAX_ERROR;
    if (option === "match") pattern = value;
    else if (option !== "count") return SYNTAX_ERROR;
  }
  const keys = keyspace(call).keys(call.client.database);
  return array([bulk("0"), bulks(keys.filter((key) => matchesGlob(pattern, key)))]);
}

function encodingOf(call: Call): Reply {
  const value = keyspace(call).get(call.client.database, arg(call, 2));
  if (value === null) return NIL;
  switch (value.type) {
    case "string":
      if (integerOf(value.text) !== null) return bulk("int");
      return bulk(value.text.length <= 44 ? "embstr" : "raw");
    case "list":
      return bulk("quicklist");
    case "set":
      return bulk(
        [...value.members].every((member) => integerOf(member) !== null) ? "intset" : "hashtable",
      );
    case "hash":
      return bulk(value.fields.size <= 512 ? "ziplist" : "hashtable");
    case "zset":
      break;
  }
  return bulk(value.scores.size <= 128 ? "ziplist" : "skiplist");
}

function database(text: string): number | null {
  const index = integerOf(text);
  return index !== null && index >= 0 && index < DATABASES ? index : null;
}

/** Commands about keys, whatever their values (`db.c`, `expire.c`). */
export const KEY_COMMANDS: Commands = {
  del: { arity: -2, flags: "w", run: remove },
  unlink: { arity: -2, flags: "wf", since: 40, run: remove },
  exists: {
    arity: -2,
    flags: "rf",
    run: (call) => {
      const found = call.args
        .slice(1)
        .filter((key) => keyspace(call).get(call.client.database, key) !== null);
      return integer(found.length);
    },
  },
  type: {
    arity: 2,
    flags: "rf",
    run: (call) => simple(keyspace(call).get(call.client.database, arg(call, 1))?.type ?? "none"),
  },
  keys: {
    arity: 2,
    flags: "r",
    run: (call) => {
      const keys = keyspace(call).keys(call.client.database);
      return bulks(keys.filter((key) => matchesGlob(arg(call, 1), key)));
    },
  },
  scan: { arity: -2, flags: "r", run: scan },
  randomkey: {
    arity: 1,
    flags: "r",
    run: (call) => bulk(keyspace(call).keys(call.client.database)[0] ?? null),
  },
  dbsize: {
    arity: 1,
    flags: "rf",
    run: (call) => integer(keyspace(call).keys(call.client.database).length),
  },
  expire: { arity: 3, flags: "wf", run: expire(1000, false) },
  pexpire: { arity: 3, flags: "wf", run: expire(1, false) },
  expireat: { arity: 3, flags: "wf", run: expire(1000, true) },
  pexpireat: { arity: 3, flags: "wf", run: expire(1, true) },
  ttl: { arity: 2, flags: "rf", run: remaining(1000) },
  pttl: { arity: 2, flags: "rf", run: remaining(1) },
  persist: {
    arity: 2,
    flags: "wf",
    run: (call) => {
      const { database } = call.client;
      if (keyspace(call).expiry(database, arg(call, 1)) === null) return integer(0);
      keyspace(call).expire(database, arg(call, 1), null);
      return integer(1);
    },
  },
  rename: { arity: 3, flags: "w", run: rename },
  renamenx: {
    arity: 3,
    flags: "wf",
    run: (call) => {
      const { database } = call.client;
      const taken = keyspace(call).get(database, arg(call, 2)) !== null;
      if (taken && keyspace(call).get(database, arg(call, 1)) !== null) return integer(0);
      const reply = rename(call);
      return reply === OK ? integer(1) : reply;
    },
  },
  flushdb: { arity: -1, flags: "w", run: flush(false) },
  flushall: { arity: -1, flags: "w", run: flush(true) },
  swapdb: {
    arity: 3,
    flags: "wf",
    since: 40,
    run: (call) => {
      const [one, other] = [database(arg(call, 1)), database(arg(call, 2))];
      if (one === null) return error("ERR invalid first DB index");
      if (other === null) return error("ERR invalid second DB index");
      keyspace(call).swap(one, other);
      return OK;
    },
  },
  object: {
    arity: -2,
    flags: "r",
    run: (call) => {
      const subcommand = arg(call, 1).toLowerCase();
      if (subcommand === "encoding") return encodingOf(call);
      const value = keyspace(call).get(call.client.database, arg(call, 2));
      if (value === null) return NIL;
      if (subcommand === "refcount") return integer(1);
      return subcommand === "idletime" ? integer(0) : unknownSubcommand(call, arg(call, 1));
    },
  },
};
