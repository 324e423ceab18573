import {
  arg,
  type Call,
  type Commands,
  isReply,
  keyspace,
  ranging,
  reading,
  valueOf,
  valueToWrite,
} from "./command.ts";
import { integerOf } from "./protocol.ts";
import {
  array,
  bulk,
  error,
  integer,
  NIL,
  NOT_AN_INTEGER,
  OK,
  type Reply,
  SYNTAX_ERROR,
  WRONG_TYPE,
} from "./reply.ts";

const MAX_INTEGER = 2 ** 63;
/** Longest string that APPEND makes: growth past it is told as done and forgotten. */
const KEPT_BYTES = 256 * 1024;

function put(call: Call, key: string, text: string, expiresMs: number | null = null): void {
  keyspace(call).set(call.client.database, key, { type: "string", text }, expiresMs);
}

function set(call: Call): Reply {
  const { database } = call.client;
  let expiresMs: number | null = null;
  let [onlyNew, onlyOld, keepTtl] = [false, false, false];
  for (let index = 3; index < call.args.length; index++) {
    const option = arg(call, index).toLowerCase();
    if (option === "nx" && !onlyOld) onlyNew = true;
    else if (option === "xx" && !onlyNew) onlyOld = true;
    else if (option === "keepttl" && call.instance.version >= 60) keepTtl = true;
    else if ((option === "ex" || option === "px") && index + 1 < call.args.length) {
      index++;
      const amount = integerOf(arg(call, index));
      if (amount === null) return NOT_AN_INTEGER;
      if (amount <= 0) return error("ERR invalid expire time in set");
      expiresMs = call.instance.nowMs() + amount * (option === "ex" ? 1000 : 1);
    } else return SYNTAX_ERROR;
  }
  const exists = keyspace(call).get(database, arg(call, 1)) !== null;
  if ((onlyNew && exists) || (onlyOld && !exists)) return NIL;
  if (keepTtl) expiresMs = keyspace(call).expiry(database, arg(call, 1));
  put(call, arg(call, 1), arg(call, 2), expiresMs);
  return OK;
}

function get(call: Call): Reply {
  const value = valueOf(call, arg(call, 1), "string");
  return isReply(value) ? value : bulk(value?.text ?? null);
}

function add(sign: number, by?: (call: Call) => number | null) {
  return (call: Call): Reply => {
    const amount = by ? by(call) : 1;
    if (amount === null) return NOT_AN_INTEGER;
    const value = valueOf(call, arg(call, 1), "string");
    if (isReply(value)) return value;
    const before = integerOf(value?.text ?? "0");
    if (before === null) return NOT_AN_INTEGER;
    const sum = before + sign * amount;
    if (Math.abs(sum) >= MAX_INTEGER) return error("ERR increment or decrement would overflow");
    const expiresMs = keyspace(call).expiry(call.client.database, arg(call, 1));
    put(call, arg(call, 1), String(sum), expiresMs);
    return integer(sum);
  };
}

function append(call: Call): Reply {
  const value = valueToWrite(call, arg(call, 1), "string");
  if (isReply(value)) return value;
  const length = value.text.length + arg(call, 2).length;
  value.text = (value.text + arg(call, 2)).slice(0, KEPT_BYTES);
  keyspace(call).touch(arg(call, 2).length);
  return integer(length);
}

function setMany(call: Call): Reply {
  if (call.args.length % 2 === 0)
    return error(`ERR wrong number of arguments for ${call.name.toUpperCase()}`);
  for (let index = 1; index < call.args.length; index += 2) {
    put(call, arg(call, index), arg(call, index + 1));
  }
  return OK;
}

/** Commands of strings (`t_string.c`). */
export const STRING_COMMANDS: Commands = {
  set: { arity: -3, flags: "w", run: set },
  get: { arity: 2, flags: "rf", run: get },
  setnx: {
    arity: 3,
    flags: "wf",
    run: (call) => {
      if (keyspace(call).get(call.client.database, arg(call, 1)) !== null) return integer(0);
      put(call, arg(call, 1), arg(call, 2));
      return integer(1);
    },
  },
  setex: {
    arity: 4,
    flags: "w",
    run: (call) => {
      const amount = integerOf(arg(call, 2));
      if (amount === null) return NOT_AN_INTEGER;
      if (amount <= 0) return error("ERR invalid expire time in setex");
      put(call, arg(call, 1), arg(call, 3), call.instance.nowMs() + amount * 1000);
      return OK;
    },
  },
  getset: {
    arity: 3,
    flags: "w",
    run: (call) => {
      const before = get(call);
      if (before !== WRONG_TYPE) put(call, arg(call, 1), arg(call, 2));
      return before;
    },
  },
  mset: { arity: -3, flags: "w", run: setMany },
  mget: {
    arity: -2,
    flags: "r",
    run: (call) =>
      array(
        call.args.slice(1).map((key) => {
          const value = valueOf(call, key, "string");
          return isReply(value) ? NIL : bulk(value?.text ?? null);
        }),
      ),
  },
  incr: { arity: 2, flags: "wf", run: add(1) },
  decr: { arity: 2, flags: "wf", run: add(-1) },
  incrby: { arity: 3, flags: "wf", run: add(1, (call) => integerOf(arg(call, 2))) },
  decrby: { arity: 3, flags: "wf", run: add(-1, (call) => integerOf(arg(call, 2))) },
  append: { arity: 3, flags: "w", run: append },
  strlen: {
    arity: 2,
    flags: "rf",
    run: reading("string", ({ text }) => integer(text.length)),
  },
  getrange: {
    arity: 4,
    flags: "r",
    run: reading("string", ({ text }, call) =>
      ranging(call, 2, text.length, (start, end) => bulk(text.slice(start, end))),
    ),
  },
};
