import {
  arg,
  type Call,
  type Commands,
  dropIfEmpty,
  isReply,
  keyspace,
  ranging,
  reading,
  valueOf,
  valueToWrite,
} from "./command.ts";
import { bulk, bulks, error, integer, OK, type Reply, SYNTAX_ERROR } from "./reply.ts";

/** Longest list that is kept. */
const KEPT_ITEMS = 4096;

function push(head: boolean, mustExist = false) {
  return (call: Call): Reply => {
    if (mustExist && valueOf(call, arg(call, 1), "list") === null) return integer(0);
    const value = valueToWrite(call, arg(call, 1), "list");
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
  return reading("list", ({ items }, call) => {
    const item = head ? items.shift() : items.pop();
    dropIfEmpty(call, items.length);
    return bulk(item ?? null);
  });
}

function hashSet(call: Call): Reply {
  if (call.args.length % 2 === 1)
    return error(`ERR wrong number of arguments for ${call.name.toUpperCase()}`);
  const value = valueToWrite(call, arg(call, 1), "hash");
  if (isReply(value)) return value;
  const before = value.fields.size;
  for (let index = 2; index < call.args.length; index += 2) {
    value.fields.set(arg(call, index), arg(call, index + 1));
    keyspace(call).touch(arg(call, index).length + arg(call, index + 1).length + 32);
  }
  return call.name === "hmset" ? OK : integer(value.fields.size - before);
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
  const value = valueToWrite(call, arg(call, 1), "zset");
  if (isReply(value)) return value;
  const before = value.scores.size;
  for (const [member, score] of pairs) {
    value.scores.set(member, score);
    keyspace(call).touch(member.length + 32);
  }
  return integer(value.scores.size - before);
}

const scoreRange = reading("zset", ({ scores }, call) => {
  const sorted = [...scores].toSorted(([a, one], [b, other]) => one - other || (a < b ? -1 : 1));
  const withScores = call.args[4]?.toLowerCase() === "withscores";
  return ranging(call, 2, sorted.length, (start, end) => {
    if (call.args.length > (withScores ? 5 : 4)) return SYNTAX_ERROR;
    const chosen = sorted.slice(start, end);
    return bulks(
      chosen.flatMap(([member, score]) => (withScores ? [member, String(score)] : [member])),
    );
  });
});

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
    run: reading("list", ({ items }) => integer(items.length)),
  },
  lrange: {
    arity: 4,
    flags: "r",
    run: reading("list", ({ items }, call) =>
      ranging(call, 2, items.length, (start, end) => bulks(items.slice(start, end))),
    ),
  },
  hset: { arity: -4, flags: "wf", run: hashSet },
  hmset: { arity: -4, flags: "wf", run: hashSet },
  hget: {
    arity: 3,
    flags: "rf",
    run: reading("hash", ({ fields }, call) => bulk(fields.get(arg(call, 2)) ?? null)),
  },
  hgetall: {
    arity: 2,
    flags: "r",
    run: reading("hash", ({ fields }) => ({
      kind: "map",
      entries: [...fields].map(([name, text]) => [bulk(name), bulk(text)] as const),
    })),
  },
  hkeys: { arity: 2, flags: "r", run: reading("hash", ({ fields }) => bulks([...fields.keys()])) },
  hvals: {
    arity: 2,
    flags: "r",
    run: reading("hash", ({ fields }) => bulks([...fields.values()])),
  },
  hlen: { arity: 2, flags: "rf", run: reading("hash", ({ fields }) => integer(fields.size)) },
  hexists: {
    arity: 3,
    flags: "rf",
    run: reading("hash", ({ fields }, call) => integer(fields.has(arg(call, 2)) ? 1 : 0)),
  },
  hdel: {
    arity: -3,
    flags: "wf",
    run: reading("hash", ({ fields }, call) => {
      const gone = call.args.slice(2).filter((name) => fields.delete(name)).length;
      dropIfEmpty(call, fields.size);
      return integer(gone);
    }),
  },
  sadd: {
    arity: -3,
    flags: "wf",
    run: (call) => {
      const value = valueToWrite(call, arg(call, 1), "set");
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
    run: reading("set", ({ members }, call) => {
      const gone = call.args.slice(2).filter((member) => members.delete(member)).length;
      dropIfEmpty(call, members.size);
      return integer(gone);
    }),
  },
  smembers: {
    arity: 2,
    flags: "r",
    run: reading("set", ({ members }) => ({ kind: "set", items: [...members].map(bulk) })),
  },
  scard: { arity: 2, flags: "rf", run: reading("set", ({ members }) => integer(members.size)) },
  sismember: {
    arity: 3,
    flags: "rf",
    run: reading("set", ({ members }, call) => integer(members.has(arg(call, 2)) ? 1 : 0)),
  },
  zadd: { arity: -4, flags: "wf", run: scoreAdd },
  zrange: { arity: -4, flags: "r", run: scoreRange },
  zcard: {
    arity: 2,
    flags: "rf",
    run: reading("zset", ({ scores }) => integer(scores.size)),
  },
  zscore: {
    arity: 3,
    flags: "rf",
    run: reading("zset", ({ scores }, call) => {
      const score = scores.get(arg(call, 2));
      return bulk(score === undefined ? null : String(score));
    }),
  },
};
