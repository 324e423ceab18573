import {
  arg,
  type Call,
  type Commands,
  isReply,
  keyspace,
  sliceOf,
  valueOf,
  valueToWrite,
} from "./command.ts";
import {
  bulk,
  bulks,
  error,
  integer,
  NOT_AN_INTEGER,
  OK,
  type Reply,
  SYNTAX_ERROR,
} from "./reply.ts";

/** Longest list that is kept. */
const KEPT_ITEMS = 4096;

function push(head: boolean, mustExist = false) {
  return (call: Call): Reply => {
    if (mustExist && valueOf(call, arg(call, 1), "list") === null) return integer(0);
    const value = valueToWrite(call, arg(call, 1), "list", () => ({ type: "list", items: [] }));
    if (isReply(value)) return value;
    for (const item of call.args.slice(2)) {
      if (value.items.length >= KEPT_ITEMS) break;
      if (head) value.items.unshift(item);
      else value.items.push(item);
      keyspace(call).touch(item.length + 16);
    }
    return integer(value.items.length);
  };
}

function pop(head: boolean) {
  return (call: Call): Reply => {
    const value = valueOf(call, arg(call, 1), "list");
    if (isReply(value)) return value;
    const item = head ? value?.items.shift() : value?.items.pop();
    if (value?.items.length === 0) keyspace(call).delete(call.client.database, arg(call, 1));
    return bulk(item ?? null);
  };
}

function hashSet(call: Call): Reply {
  if (call.args.length % 2 === 1)
    return error(`ERR wrong number of arguments for ${call.name.toUpperCase()}`);
  const value = valueToWrite(call, arg(call, 1), "hash", () => ({
    type: "hash",
    fields: new Map(),
  }));
  if (isReply(value)) return value;
  const before = value.fields.size;
  for (let index = 2; index < call.args.length; index += 2) {
    value.fields.set(arg(call, index), arg(call, index + 1));
    keyspace(call).touch(arg(call, index).length + arg(call, index + 1).length + 32);
  }
  return call.name === "hmset" ? OK : integer(value.fields.size - before);
}

/** A command that reads a hash, with what it says of none. */
function hashRead(read: (fields: Map<string, string>, call: Call) => Reply) {
  return (call: Call): Reply => {
    const value = valueOf(call, arg(call, 1), "hash");
    return isReply(value) ? value : read(value?.fields ?? new Map(), call);
  };
}

function setRead(read: (members: Set<string>, call: Call) => Reply) {
  return (call: Call): Reply => {
    const value = valueOf(call, arg(call, 1), "set");
    return isReply(value) ? value : read(value?.members ?? new Set(), call);
  };
}

function scoreAdd(call: Call): Reply {
  if (call.args.length % 2 === 1) return SYNTAX_ERROR;
  const pairs: (readonly [string, number])[] = [];
  for (let index = 2; index < call.args.length; index += 2) {
    const score = Number(arg(call, index));
    if (arg(call, index).trim() === "" || Number.isNaN(score))
      return error("ERR value is not a valid float");
    pairs.push([arg(call, index + 1), score]);
  }
  const value = valueToWrite(call, arg(call, 1), "zset", () => ({
    type: "zset",
    scores: new Map(),
  }));
  if (isReply(value)) return value;
  const before = value.scores.size;
  for (const [member, score] of pairs) {
    value.scores.set(member, score);
    keyspace(call).touch(member.length + 32);
  }
  return integer(value.scores.size - before);
}

function scoreRange(call: Call): Reply {
  const value = valueOf(call, arg(call, 1), "zset");
  if (isReply(value)) return value;
  const sorted = [...(value?.scores ?? [])].toSorted(
    ([a, one], [b, other]) => one - other || (a < b ? -1 : 1),
  );
  const bounds = sliceOf(call, 2, sorted.length);
  if (bounds === null) return NOT_AN_INTEGER;
  const withScores = call.args[4]?.toLowerCase() === "withscores";
  if (call.args.length > (withScores ? 5 : 4)) return SYNTAX_ERROR;
  const chosen = sorted.slice(...bounds);
  return bulks(
    chosen.flatMap(([member, score]) => (withScores ? [member, String(score)] : [member])),
  );
}

/** Commands of lists, hashes, sets and sorted sets (`t_list.c`, `t_hash.c`, `t_set.c`, `t_zset.c`). */
export const COLLECTION_COMMANDS: Commands = {
  lpush: { arity: -3, flags: "wf", run: push(true) },
  rpush: { arity: -3, flags: "wf", run: push(false) },
  lpushx: { arity: -3, flags: "wf", run: push(true, true) },
  rpushx: { arity: -3, flags: "wf", run: push(false, true) },
  lpop: { arity: 2, flags: "wf", run: pop(true) },
  rpop: { arity: 2, flags: "wf", run: pop(false) },
  llen: {
    arity: 2,
    flags: "rf",
    run: (call) => {
      const value = valueOf(call, arg(call, 1), "list");
      return isReply(value) ? value : integer(value?.items.length ?? 0);
    },
  },
  lrange: {
    arity: 4,
    flags: "r",
    run: (call) => {
      const value = valueOf(call, arg(call, 1), "list");
      if (isReply(value)) return value;
      const bounds = sliceOf(call, 2, value?.items.length ?? 0);
      return bounds === null ? NOT_AN_INTEGER : bulks((value?.items ?? []).slice(...bounds));
    },
  },
  hset: { arity: -4, flags: "wf", run: hashSet },
  hmset: { arity: -4, flags: "wf", run: hashSet },
  hget: {
    arity: 3,
    flags: "rf",
    run: hashRead((fields, call) => bulk(fields.get(arg(call, 2)) ?? null)),
  },
  hgetall: {
    arity: 2,
    flags: "r",
    run: hashRead((fields) => ({
      kind: "map",
      entries: [...fields].map(([name, text]) => [bulk(name), bulk(text)] as const),
    })),
  },
  hkeys: { arity: 2, flags: "r", run: hashRead((fields) => bulks([...fields.keys()])) },
  hvals: { arity: 2, flags: "r", run: hashRead((fields) => bulks([...fields.values()])) },
  hlen: { arity: 2, flags: "rf", run: hashRead((fields) => integer(fields.size)) },
  hexists: {
    arity: 3,
    flags: "rf",
    run: hashRead((fields, call) => integer(fields.has(arg(call, 2)) ? 1 : 0)),
  },
  hdel: {
    arity: -3,
    flags: "wf",
    run: hashRead((fields, call) => {
      const gone = call.args.slice(2).filter((name) => fields.delete(name)).length;
      if (fields.size === 0) keyspace(call).delete(call.client.database, arg(call, 1));
      return integer(gone);
    }),
  },
  sadd: {
    arity: -3,
    flags: "wf",
    run: (call) => {
      const value = valueToWrite(call, arg(call, 1), "set", () => ({
        type: "set",
        members: new Set(),
      }));
      if (isReply(value)) return value;
      const before = value.members.size;
      for (const member of call.args.slice(2)) {
        value.members.add(member);
        keyspace(call).touch(member.length + 16);
      }
      return integer(value.members.size - before);
    },
  },
  srem: {
    arity: -3,
    flags: "wf",
    run: setRead((members, call) => {
      const gone = call.args.slice(2).filter((member) => members.delete(member)).length;
      if (members.size === 0) keyspace(call).delete(call.client.database, arg(call, 1));
      return integer(gone);
    }),
  },
  smembers: {
    arity: 2,
    flags: "r",
    run: setRead((members) => ({ kind: "set", items: [...members].map(bulk) })),
  },
  scard: { arity: 2, flags: "rf", run: setRead((members) => integer(members.size)) },
  sismember: {
    arity: 3,
    flags: "rf",
    run: setRead((members, call) => integer(members.has(arg(call, 2)) ? 1 : 0)),
  },
  zadd: { arity: -4, flags: "wf", run: scoreAdd },
  zrange: { arity: -4, flags: "r", run: scoreRange },
  zcard: {
    arity: 2,
    flags: "rf",
    run: (call) => {
      const value = valueOf(call, arg(call, 1), "zset");
      return isReply(value) ? value : integer(value?.scores.size ?? 0);
    },
  },
  zscore: {
    arity: 3,
    flags: "rf",
    run: (call) => {
      const value = valueOf(call, arg(call, 1), "zset");
      if (isReply(value)) return value;
      const score = value?.scores.get(arg(call, 2));
      return bulk(score === undefined ? null : String(score));
    },
  },
};
