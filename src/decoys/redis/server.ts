import type { Duplex } from "node:stream";
import type { Decoy, DecoyContext, DecoySession } from "../decoy.ts";
import { offerToNeighbors } from "../neighbors.ts";
import type { Client } from "./command.ts";
import { dispatch } from "./dispatch.ts";
import { createInstance, type Instance } from "./instance.ts";
import { type Command, CommandParser } from "./protocol.ts";
import { encode, sizeOf } from "./reply.ts";

const TOLD_ARGUMENTS = 32;
const TOLD_ARGUMENT_BYTES = 4096;
/** Beyond this a monitor that does not read is let go, as Redis lets it go. */
const MONITOR_BACKLOG_BYTES = 256 * 1024;
/** So much is answered at a time; an answer that is longer than the last of these ends the connection. */
const BATCH_COMMANDS = 64;
const BATCH_BYTES = 256 * 1024;
const REPLY_BYTES = 8 * 1024 * 1024;
/** Redis keeps idle clients for ever; a decoy need not. */
const IDLE_MS = 15 * 60_000;

/**
 * The Redis server of a persona. What its clients write is shared by them, and forgotten when the
 * process ends. Settings: `password`, a string, sets `requirepass`; without it the server is open.
 */
export const redisDecoy: Decoy = {
  service: "redis",
  create(context) {
    const password = context.config["password"];
    const instance = createInstance(
      context.persona,
      () => context.nowMs(),
      typeof password === "string" ? password : "",
    );
    const monitors = new Map<Client, Duplex>();
    offerToNeighbors(context.persona, 6379, (request) => answerOnce(instance, request));
    return (stream, session) => serve(context, instance, monitors, stream, session);
  },
};

function serve(
  context: DecoyContext,
  instance: Instance,
  monitors: Map<Client, Duplex>,
  stream: Duplex,
  session: DecoySession,
): void {
  const parser = new CommandParser();
  const client = connect(instance, session);
  const hangUp = () => stream.destroy();
  let cancelIdle = context.after(IDLE_MS, hangUp);

  const answer = (command: Command): string => {
    tell(session, command);
    // A browser made to talk to Redis: it hangs up without a word (`securityWarningCommand`).
    if (/^(?:post|host:)$/i.test(command.args[0] ?? "")) return dropped();
    show(instance, monitors, client, command);
    const reply = dispatch(instance, client, command.args);
    if (client.monitors) monitors.set(client, stream);
    return sizeOf(reply, REPLY_BYTES) < REPLY_BYTES ? encode(reply, client.protocol) : dropped();
  };
  const dropped = (): string => {
    parser.stop();
    stream.destroy();
    return "";
  };
  const pump = (): void => {
    let replies = "";
    for (let count = 0; count < BATCH_COMMANDS && replies.length < BATCH_BYTES; count++) {
      const item = parser.next();
      if (item === null) return write(replies);
      if (item.kind === "command") replies += answer(item.command);
      else {
        const reason = `Protocol error: ${item.reason}`;
        session.emit("redis.malformed", { reason, bytes: item.bytes.toString("latin1") });
        replies += `-ERR ${reason}\r\n`;
        client.closing = true;
      }
      if (client.closing) return write(replies);
    }
    // More is there: others come first, and this one goes on once its answers are on their way.
    stream.pause();
    write(replies, (fault) => {
      if (fault) return;
      stream.resume();
      pump();
    });
  };
  const write = (replies: string, written?: (fault?: Error | null) => void): void => {
    if (stream.destroyed || stream.writableEnded) return;
    instance.totals.outputBytes += replies.length;
    if (client.closing) {
      parser.stop();
      stream.end(replies, "latin1");
    } else if (replies !== "" || written) {
      // Who sends and never reads is not read on.
      if (!stream.write(replies, "latin1", written)) stream.pause();
    }
  };

  stream.on("error", hangUp);
  stream.on("end", () => stream.end());
  stream.on("drain", () => stream.resume());
  stream.on("close", () => {
    cancelIdle();
    instance.clients.delete(client);
    monitors.delete(client);
  });
  stream.on("data", (chunk: Buffer) => {
    cancelIdle();
    cancelIdle = context.after(IDLE_MS, hangUp);
    instance.totals.inputBytes += chunk.length;
    parser.push(chunk);
    pump();
  });
}

/** Answers commands of the machine itself, which are on record where they were typed. */
function answerOnce(instance: Instance, request: string): string {
  const address = { srcIp: "127.0.0.1", srcPort: 40_000 + (instance.nextClientId % 20_000) };
  const session = { ...address, dstIp: "127.0.0.1", dstPort: 6379, id: "", emit: () => {} };
  const client = connect(instance, session);
  const parser = new CommandParser();
  parser.push(Buffer.from(request, "latin1"));
  let replies = "";
  for (let item = parser.next(); item?.kind === "command"; item = parser.next()) {
    const reply = dispatch(instance, client, item.command.args);
    replies += sizeOf(reply, REPLY_BYTES) < REPLY_BYTES ? encode(reply, 2) : "";
  }
  instance.clients.delete(client);
  return replies;
}

function connect(instance: Instance, session: DecoySession): Client {
  instance.totals.connections++;
  const client: Client = {
    id: instance.nextClientId++,
    address: `${session.srcIp}:${session.srcPort}`,
    localAddress: `${session.dstIp}:${session.dstPort}`,
    connectedMs: instance.nowMs(),
    database: 0,
    name: "",
    protocol: 2,
    authenticated: (instance.settings.get("requirepass") ?? "") === "",
    queue: null,
    queueFailed: false,
    channels: new Set(),
    patterns: new Set(),
    monitors: false,
    closing: false,
    attempted: (user, password, success) =>
      session.emit("redis.login.attempt", { user, password, success }),
  };
  instance.clients.add(client);
  return client;
}

function tell(session: DecoySession, { args, count }: Command): void {
  const [name = "", ...rest] = args;
  session.emit("redis.command", {
    command: name.slice(0, 128).toLowerCase(),
    args: rest.slice(0, TOLD_ARGUMENTS).map((text) => text.slice(0, TOLD_ARGUMENT_BYTES)),
    arg_count: count - 1,
  });
}

/** Shows a command to those who said MONITOR (`replicationFeedMonitors`). */
function show(
  instance: Instance,
  monitors: Map<Client, Duplex>,
  client: Client,
  { args }: Command,
): void {
  if (monitors.size === 0 || /^(?:auth|hello|monitor)$/i.test(args[0] ?? "")) return;
  const ms = instance.nowMs();
  const time = `${Math.floor(ms / 1000)}.${String((ms % 1000) * 1000).padStart(6, "0")}`;
  const words = args
    .slice(0, TOLD_ARGUMENTS)
    .map((text) => quote(text.slice(0, TOLD_ARGUMENT_BYTES)));
  const line = `+${time} [${client.database} ${client.address}] ${words.join(" ")}\r\n`;
  for (const [monitor, stream] of monitors) {
    if (stream.writableLength < MONITOR_BACKLOG_BYTES) stream.write(line, "latin1");
    else {
      monitors.delete(monitor);
      stream.destroy();
    }
  }
}

/** As `sdscatrepr` quotes. */
function quote(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\x07": "\\a",
    "\b": "\\b",
  };
  const inner = text.replace(/[\\"]|[^ -~]/g, (char) => {
    if (char === "\\" || char === '"') return `\\${char}`;
    return escapes[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `"${inner}"`;
}
