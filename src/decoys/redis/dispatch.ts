import type { Call, Client, CommandSpec, Commands } from "./command.ts";
import { COLLECTION_COMMANDS } from "./commands-collections.ts";
import { CONNECTION_COMMANDS } from "./commands-connection.ts";
import { KEY_COMMANDS } from "./commands-keys.ts";
import { SERVER_COMMANDS } from "./commands-server.ts";
import { STRING_COMMANDS } from "./commands-strings.ts";
import type { Instance } from "./instance.ts";
import { array, bulk, error, integer, NIL, OK, type Reply, simple } from "./reply.ts";
import { evaluate } from "./script.ts";

const QUEUE_LIMIT = 128;
/** What a full MULTI and the transaction commands do stands here: they run others. */
const TRANSACTION = new Set(["multi", "exec", "discard"]);
/** In RESP2 a subscriber may say nothing else (`processCommand`). */
const WHILE_SUBSCRIBED = new Set([
  "ping",
  "subscribe",
  "unsubscribe",
  "psubscribe",
  "punsubscribe",
  "quit",
]);
const BEFORE_LOGIN = new Set(["auth", "hello", "quit"]);

/** How many commands each version has, for `COMMAND COUNT`. */
const COMMAND_COUNTS: Readonly<Record<number, number>> = { 32: 174, 40: 198, 50: 200, 60: 204 };

const OWN_COMMANDS: Commands = {
  eval: { arity: -3, flags: "r", run: (call) => evaluate(call, (args) => runInner(call, args)) },
  evalsha: {
    arity: -3,
    flags: "r",
    run: () => error("NOSCRIPT No matching script. Please use EVAL."),
  },
  command: { arity: -1, flags: "r", run: (call) => commandTable(call) },
  multi: {
    arity: 1,
    flags: "rf",
    run: ({ client }) => {
      if (client.queue !== null) return error("ERR MULTI calls can not be nested");
      client.queue = [];
      client.queueFailed = false;
      return OK;
    },
  },
  discard: {
    arity: 1,
    flags: "rf",
    run: ({ client }) => {
      if (client.queue === null) return error("ERR DISCARD without MULTI");
      client.queue = null;
      return OK;
    },
  },
  exec: {
    arity: 1,
    flags: "r",
    run: ({ instance, client }) => {
      const { queue } = client;
      if (queue === null) return error("ERR EXEC without MULTI");
      client.queue = null;
      if (client.queueFailed) {
        return error("EXECABORT Transaction discarded because of previous errors.");
      }
      return array(queue.map((args) => dispatch(instance, client, args)));
    },
  },
};

const COMMANDS: ReadonlyMap<string, CommandSpec> = new Map([
  ...Object.entries(KEY_COMMANDS),
  ...Object.entries(STRING_COMMANDS),
  ...Object.entries(COLLECTION_COMMANDS),
  ...Object.entries(SERVER_COMMANDS),
  ...Object.entries(CONNECTION_COMMANDS),
  ...Object.entries(OWN_COMMANDS),
]);

function specOf(instance: Instance, name: string): CommandSpec | null {
  const spec = COMMANDS.get(name);
  return spec && instance.version >= (spec.since ?? 0) ? spec : null;
}

/** Runs one command as Redis' `processCommand` does: the checks in its order, in its words. */
export function dispatch(instance: Instance, client: Client, args: readonly string[]): Reply {
  const [typed = ""] = args;
  const name = typed.toLowerCase();
  const refuse = (words: string): Reply => {
    client.queueFailed = true;
    return error(words);
  };
  const spec = specOf(instance, name);
  if (spec === null) return refuse(unknownCommand(instance, typed, args.slice(1)));
  if (spec.arity > 0 ? args.length !== spec.arity : args.length < -spec.arity) {
    return refuse(`ERR wrong number of arguments for '${name}' command`);
  }
  if (!client.authenticated && !BEFORE_LOGIN.has(name)) {
    return refuse("NOAUTH Authentication required.");
  }
  const writes = spec.flags.includes("w");
  if (
    writes &&
    instance.keyspace.full &&
    !["del", "unlink", "flushall", "flushdb"].includes(name)
  ) {
    return refuse("OOM command not allowed when used memory > 'maxmemory'.");
  }
  if (writes && instance.master !== null) {
    const kind = instance.version >= 50 ? "replica" : "slave";
    return refuse(`READONLY You can't write against a read only ${kind}.`);
  }
  const subscribed = client.channels.size + client.patterns.size > 0;
  if (subscribed && client.protocol === 2 && !WHILE_SUBSCRIBED.has(name)) {
    return refuse("ERR only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT allowed in this context");
  }
  if (client.queue !== null && !TRANSACTION.has(name) && name !== "watch") {
    if (client.queue.length < QUEUE_LIMIT) client.queue.push(args);
    return simple("QUEUED");
  }
  const call: Call = { instance, client, name, args };
  instance.totals.commands++;
  return spec.run(call);
}

function unknownCommand(instance: Instance, typed: string, args: readonly string[]): string {
  if (instance.version < 50) return `ERR unknown command '${typed.slice(0, 128)}'`;
  let words = "";
  for (const arg of args) {
    if (words.length >= 128) break;
    words += `\`${arg.slice(0, 128 - words.length)}\`, `;
  }
  return `ERR unknown command \`${typed.slice(0, 128)}\`, with args beginning with: ${words}`;
}

/** A call from inside a script: it may not do what would confuse the connection. */
function runInner({ instance, client }: Call, args: readonly string[]): Reply {
  const name = args[0]?.toLowerCase() ?? "";
  if (
    TRANSACTION.has(name) ||
    ["eval", "evalsha", "subscribe", "psubscribe", "monitor", "quit"].includes(name)
  ) {
    return error("ERR This Redis command is not allowed from scripts");
  }
  return dispatch(instance, client, args);
}

function commandTable({ instance, name, args }: Call): Reply {
  const subcommand = args[1]?.toLowerCase();
  if (subcommand === "count" && args.length === 2) {
    return integer(COMMAND_COUNTS[instance.version] ?? 200);
  }
  if (subcommand === "info") {
    return array(args.slice(2, 200).map((found) => describe(instance, found.toLowerCase())));
  }
  if (subcommand !== undefined) {
    const words = `ERR Unknown subcommand or wrong number of arguments for '${args[1]?.slice(0, 128)}'. Try ${name.toUpperCase()} HELP.`;
    return error(
      instance.version >= 50 ? words : "ERR Unknown subcommand or wrong number of arguments.",
    );
  }
  return array(
    [...COMMANDS.keys()]
      .filter((found) => specOf(instance, found) !== null)
      .map((found) => describe(instance, found)),
  );
}

const FLAGS: Readonly<Record<string, string>> = {
  w: "write",
  r: "readonly",
  a: "admin",
  f: "fast",
};

function describe(instance: Instance, name: string): Reply {
  const spec = specOf(instance, name);
  if (spec === null) return instance.version >= 60 ? array(null) : NIL;
  const keyed = [KEY_COMMANDS, STRING_COMMANDS, COLLECTION_COMMANDS].some((table) => name in table);
  const first = keyed && spec.arity !== 1 && spec.arity !== -1 ? 1 : 0;
  return array([
    bulk(name),
    integer(spec.arity),
    array(spec.flags.split("").map((flag) => simple(FLAGS[flag] ?? flag))),
    integer(first),
    integer(first),
    integer(first),
  ]);
}
