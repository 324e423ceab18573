import { arg, type Call, type Commands, keyspace, unknownSubcommand } from "./command.ts";
import { infoText } from "./info.ts";
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
import { sha1Of } from "./script.ts";
import { changeSetting } from "./settings.ts";

function config(call: Call): Reply {
  const { instance, args } = call;
  const subcommand = arg(call, 1).toLowerCase();
  if (subcommand === "get" && args.length === 3) {
    const pattern = arg(call, 2).toLowerCase();
    const found = [...instance.settings].filter(([name]) => matchesGlob(pattern, name));
    return {
      kind: "map",
      entries: found.map(([name, value]) => [bulk(name), bulk(value)] as const),
    };
  }
  if (subcommand === "set" && args.length === 4) {
    const refusal = changeSetting(instance, arg(call, 2).toLowerCase(), arg(call, 3));
    return refusal === null ? OK : error(refusal);
  }
  if (subcommand === "resetstat" && args.length === 2) {
    Object.assign(instance.totals, { connections: 0, commands: 0, hits: 0, misses: 0 });
    return OK;
  }
  if (subcommand === "rewrite" && args.length === 2) {
    return error("ERR Rewriting config file: Permission denied");
  }
  return unknownSubcommand(call, arg(call, 1));
}

function save(reply: Reply) {
  return ({ instance }: Call): Reply => {
    instance.savedMs = instance.nowMs();
    instance.savedChanges = instance.keyspace.changes;
    return reply;
  };
}

function replicaOf(call: Call): Reply {
  const [host, port] = [arg(call, 1), arg(call, 2)];
  if (host.toLowerCase() === "no" && port.toLowerCase() === "one") {
    call.instance.master = null;
    return OK;
  }
  const number = integerOf(port);
  if (number === null) return NOT_AN_INTEGER;
  // Told, and never done: a decoy connects nowhere.
  call.instance.master = { host: host.slice(0, 256), port: number };
  return OK;
}

function module(call: Call): Reply {
  const subcommand = arg(call, 1).toLowerCase();
  if (subcommand === "list" && call.args.length === 2) return array([]);
  if (subcommand === "load" && call.args.length >= 3) {
    return error("ERR Error loading the extension. Please check the server logs.");
  }
  if (subcommand === "unload" && call.args.length === 3) {
    return error("ERR Error unloading module: no such module with that name");
  }
  return unknownSubcommand(call, arg(call, 1));
}

function debug(call: Call): Reply {
  const subcommand = arg(call, 1).toLowerCase();
  if (subcommand === "object" && call.args.length === 3) {
    const value = keyspace(call).get(call.client.database, arg(call, 2));
    if (value === null) return error("ERR no such key");
    const address = `0x7f${call.instance.persona.secret(`redis.address.${arg(call, 2)}`).toString("hex", 0, 5)}`;
    return simple(
      `Value at:${address} refcount:1 encoding:embstr serializedlength:12 lru:0 lru_seconds_idle:0`,
    );
  }
  if (subcommand === "sleep" && call.args.length === 3) return OK;
  if (["segfault", "panic", "restart", "crash-and-recover"].includes(subcommand)) {
    call.client.closing = true;
    return { kind: "several", replies: [] };
  }
  return unknownSubcommand(call, arg(call, 1));
}

function client(call: Call): Reply {
  const { instance, client: own } = call;
  const subcommand = arg(call, 1).toLowerCase();
  const count = call.args.length;
  if (subcommand === "list") {
    const lines = [...instance.clients].map((other) => {
      const age = Math.floor((instance.nowMs() - other.connectedMs) / 1000);
      const queued = other.queue?.length ?? -1;
      const name = other === own ? "client" : "NULL";
      const buffer = other === own ? "qbuf=26 qbuf-free=32742" : "qbuf=0 qbuf-free=0";
      return `id=${other.id} addr=${other.address} fd=${7 + (other.id % 90)} name=${other.name} age=${age} idle=0 flags=N db=${other.database} sub=${other.channels.size} psub=${other.patterns.size} multi=${queued} ${buffer} obl=0 oll=0 omem=0 events=r cmd=${name}${instance.version >= 60 ? " user=default" : ""}\n`;
    });
    return bulk(lines.join(""));
  }
  if (subcommand === "getname" && count === 2) return own.name === "" ? NIL : bulk(own.name);
  if (subcommand === "setname" && count === 3) {
    if (/[^!-~]/.test(arg(call, 2))) {
      return error("ERR Client names cannot contain spaces, newlines or special characters.");
    }
    own.name = arg(call, 2).slice(0, 256);
    return OK;
  }
  if (subcommand === "id" && count === 2 && instance.version >= 50) return integer(own.id);
  if (subcommand === "kill" && count >= 3) return error("ERR No such client");
  if ((subcommand === "reply" || subcommand === "pause") && count === 3) return OK;
  return unknownSubcommand(call, arg(call, 1));
}

function script(call: Call): Reply {
  const { scripts } = call.instance;
  const subcommand = arg(call, 1).toLowerCase();
  if (subcommand === "load" && call.args.length === 3) {
    const sha1 = sha1Of(arg(call, 2));
    if (scripts.size < 1000) scripts.add(sha1);
    return bulk(sha1);
  }
  if (subcommand === "exists" && call.args.length >= 3) {
    return array(
      call.args.slice(2).map((sha1) => integer(scripts.has(sha1.toLowerCase()) ? 1 : 0)),
    );
  }
  if (subcommand === "flush") {
    scripts.clear();
    return OK;
  }
  if (subcommand === "kill") return error("NOTBUSY No scripts in execution right now.");
  return unknownSubcommand(call, arg(call, 1));
}

function acl(call: Call): Reply {
  const password = call.instance.settings.get("requirepass") ?? "";
  switch (arg(call, 1).toLowerCase()) {
    case "whoami":
      return bulk("default");
    case "users":
      return bulks(["default"]);
    case "list":
      return bulks([`user default on ${password === "" ? "nopass" : "#<hidden>"} ~* +@all`]);
    default:
      return unknownSubcommand(call, arg(call, 1));
  }
}

/** Commands about the server itself (`server.c`, `config.c`, `replication.c`, `debug.c`). */
export const SERVER_COMMANDS: Commands = {
  info: {
    arity: -1,
    flags: "r",
    run: (call) =>
      call.args.length > 2
        ? SYNTAX_ERROR
        : bulk(infoText(call.instance, call.args[1] ?? "default")),
  },
  config: { arity: -2, flags: "a", run: config },
  save: { arity: 1, flags: "a", run: save(OK) },
  bgsave: { arity: -1, flags: "a", run: save(simple("Background saving started")) },
  bgrewriteaof: {
    arity: 1,
    flags: "a",
    run: () => simple("Background append only file rewriting started"),
  },
  lastsave: {
    arity: 1,
    flags: "rf",
    run: ({ instance }) => integer(Math.floor(instance.savedMs / 1000)),
  },
  slaveof: { arity: 3, flags: "a", run: replicaOf },
  replicaof: { arity: 3, flags: "a", since: 50, run: replicaOf },
  role: {
    arity: 1,
    flags: "r",
    run: ({ instance: { master } }) =>
      master === null
        ? array([bulk("master"), integer(0), array([])])
        : array([
            bulk("slave"),
            bulk(master.host),
            integer(master.port),
            bulk("connect"),
            integer(-1),
          ]),
  },
  replconf: { arity: -1, flags: "a", run: () => OK },
  module: { arity: -2, flags: "a", since: 40, run: module },
  debug: { arity: -2, flags: "a", run: debug },
  client: { arity: -2, flags: "a", run: client },
  script: { arity: -2, flags: "r", run: script },
  acl: { arity: -2, flags: "a", since: 60, run: acl },
  time: {
    arity: 1,
    flags: "rf",
    run: ({ instance }) => {
      const ms = instance.nowMs();
      const micros = (ms % 1000) * 1000 + (instance.totals.commands % 1000);
      return bulks([String(Math.floor(ms / 1000)), String(micros)]);
    },
  },
  select: {
    arity: 2,
    flags: "rf",
    run: (call) => {
      const index = integerOf(arg(call, 1));
      if (index === null) return error("ERR invalid DB index");
      if (index < 0 || index >= DATABASES) return error("ERR DB index is out of range");
      call.client.database = index;
      return OK;
    },
  },
  shutdown: {
    arity: -1,
    flags: "a",
    run: (call) => {
      const mode = call.args[1]?.toLowerCase();
      if (call.args.length > 2 || (mode !== undefined && mode !== "save" && mode !== "nosave")) {
        return SYNTAX_ERROR;
      }
      call.client.closing = true;
      return { kind: "several", replies: [] };
    },
  },
  slowlog: {
    arity: -2,
    flags: "a",
    run: (call) => {
      const subcommand = arg(call, 1).toLowerCase();
      if (subcommand === "get") return array([]);
      if (subcommand === "len") return integer(0);
      return subcommand === "reset" ? OK : unknownSubcommand(call, arg(call, 1));
    },
  },
  cluster: {
    arity: -2,
    flags: "a",
    run: () => error("ERR This instance has cluster support disabled"),
  },
  memory: {
    arity: -2,
    flags: "r",
    since: 40,
    run: (call) => {
      if (arg(call, 1).toLowerCase() !== "usage") return unknownSubcommand(call, arg(call, 1));
      const value = keyspace(call).get(call.client.database, arg(call, 2));
      return value === null ? NIL : integer(48 + arg(call, 2).length);
    },
  },
  publish: { arity: 3, flags: "rf", run: () => integer(0) },
  wait: { arity: 3, flags: "r", run: () => integer(0) },
  lolwut: {
    arity: -1,
    flags: "r",
    since: 50,
    run: ({ instance }) => bulk(`Redis ver. ${instance.release}\n`),
  },
};
