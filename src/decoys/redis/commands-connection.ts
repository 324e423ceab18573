import { arg, type Call, type Commands } from "./command.ts";
import { integerOf } from "./protocol.ts";
import { array, bulk, error, integer, NIL, OK, type Reply, SYNTAX_ERROR, simple } from "./reply.ts";

const MAX_CHANNELS = 1000;

/** Checks credentials, records the attempt, and says in the version's words how it went. */
function login(call: Call, user: string, password: string): Reply {
  const { instance, client } = call;
  const wanted = instance.settings.get("requirepass") ?? "";
  const success = wanted !== "" && password === wanted && user === "default";
  client.attempted(user, password, success);
  if (success) {
    client.authenticated = true;
    return OK;
  }
  if (wanted === "" && call.args.length === 2) {
    return error(
      instance.version >= 60
        ? "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"
        : "ERR Client sent AUTH, but no password is set",
    );
  }
  // The default user of an open server has no password, so that any fits.
  if (wanted === "" && user === "default") return OK;
  return error(
    instance.version >= 60 ? "WRONGPASS invalid username-password pair" : "ERR invalid password",
  );
}

function auth(call: Call): Reply {
  if (call.args.length === 2) return login(call, "default", arg(call, 1));
  if (call.instance.version < 60) {
    return error("ERR wrong number of arguments for 'auth' command");
  }
  return call.args.length === 3 ? login(call, arg(call, 1), arg(call, 2)) : SYNTAX_ERROR;
}

function hello(call: Call): Reply {
  const { instance, client } = call;
  const protocol = call.args.length > 1 ? integerOf(arg(call, 1)) : client.protocol;
  if (protocol !== 2 && protocol !== 3) return error("NOPROTO unsupported protocol version");
  for (let index = 2; index < call.args.length; index++) {
    const option = arg(call, index).toLowerCase();
    if (option === "auth" && index + 2 < call.args.length) {
      const reply = login(call, arg(call, index + 1), arg(call, index + 2));
      if (reply.kind === "error") return reply;
      index += 2;
    } else if (option === "setname" && index + 1 < call.args.length) {
      client.name = arg(call, index + 1).slice(0, 256);
      index++;
    } else return error(`ERR Syntax error in HELLO option '${arg(call, index)}'`);
  }
  if (!client.authenticated) {
    return error(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
  }
  client.protocol = protocol;
  return {
    kind: "map",
    entries: [
      [bulk("server"), bulk("redis")],
      [bulk("version"), bulk(instance.release)],
      [bulk("proto"), integer(protocol)],
      [bulk("id"), integer(client.id)],
      [bulk("mode"), bulk("standalone")],
      [bulk("role"), bulk(instance.master === null ? "master" : "replica")],
      [bulk("modules"), array([])],
    ],
  };
}

function ping(call: Call): Reply {
  if (call.args.length > 2) return error("ERR wrong number of arguments for 'ping' command");
  const { client } = call;
  const subscribed = client.channels.size + client.patterns.size > 0;
  if (subscribed && client.protocol === 2) return array([bulk("pong"), bulk(call.args[1] ?? "")]);
  return call.args[1] === undefined ? simple("PONG") : bulk(call.args[1]);
}

function subscription(kind: "channels" | "patterns", adds: boolean) {
  return (call: Call): Reply => {
    const { client } = call;
    const names = call.args.length > 1 ? call.args.slice(1) : [...client[kind]];
    const each = (name: string | null): Reply => {
      if (adds && name !== null && client[kind].size < MAX_CHANNELS) client[kind].add(name);
      if (!adds && name !== null) client[kind].delete(name);
      const count = client.channels.size + client.patterns.size;
      return array([bulk(call.name), name === null ? NIL : bulk(name), integer(count)]);
    };
    return { kind: "several", replies: names.length === 0 ? [each(null)] : names.map(each) };
  };
}

/** Commands about the connection: who is there, and what it listens to. MULTI stands in `dispatch.ts`. */
export const CONNECTION_COMMANDS: Commands = {
  ping: { arity: -1, flags: "rf", run: ping },
  echo: { arity: 2, flags: "rf", run: (call) => bulk(arg(call, 1)) },
  auth: { arity: -2, flags: "rf", run: auth },
  hello: { arity: -1, flags: "rf", since: 60, run: hello },
  quit: {
    arity: -1,
    flags: "rf",
    run: ({ client }) => {
      client.closing = true;
      return OK;
    },
  },
  subscribe: { arity: -2, flags: "r", run: subscription("channels", true) },
  unsubscribe: { arity: -1, flags: "r", run: subscription("channels", false) },
  psubscribe: { arity: -2, flags: "r", run: subscription("patterns", true) },
  punsubscribe: { arity: -1, flags: "r", run: subscription("patterns", false) },
  monitor: {
    arity: 1,
    flags: "a",
    run: ({ client }) => {
      client.monitors = true;
      return OK;
    },
  },
  watch: {
    arity: -2,
    flags: "rf",
    run: ({ client }) =>
      client.queue === null ? OK : error("ERR WATCH inside MULTI is not allowed"),
  },
  unwatch: { arity: 1, flags: "rf", run: () => OK },
};
