import type { Persona } from "../persona.ts";
import type { Instance } from "./instance.ts";
import { integerOf } from "./protocol.ts";

/** Where the distribution's package keeps things. */
export function pathsOf(persona: Persona): { readonly config: string; readonly log: string } {
  const redHat = ["centos", "almalinux"].includes(persona.release.osId);
  return redHat
    ? { config: "/etc/redis.conf", log: "/var/log/redis/redis.log" }
    : { config: "/etc/redis/redis.conf", log: "/var/log/redis/redis-server.log" };
}

/** Settings of the package's redis.conf, opened to the network as careless people open it. */
export function defaultSettings(persona: Persona, password: string): Map<string, string> {
  const [major = 5] = (persona.release.versions["redis"] ?? "5").split(".").map(Number);
  const slave = major >= 5 ? "replica" : "slave";
  const list = (prefix: string) => (major >= 4 ? prefix : prefix.replace("stream-node", "list"));
  return new Map([
    ["dbfilename", "dump.rdb"],
    ["requirepass", password],
    ["masterauth", ""],
    ["unixsocket", ""],
    ["logfile", pathsOf(persona).log],
    ["pidfile", "/var/run/redis/redis-server.pid"],
    [`${slave}-announce-ip`, ""],
    ["maxmemory", "0"],
    ["maxmemory-samples", "5"],
    ["timeout", "0"],
    ["auto-aof-rewrite-percentage", "100"],
    ["auto-aof-rewrite-min-size", "67108864"],
    ["hash-max-ziplist-entries", "512"],
    ["hash-max-ziplist-value", "64"],
    [list("stream-node-max-bytes"), "4096"],
    ["list-max-ziplist-size", "-2"],
    ["list-compress-depth", "0"],
    ["set-max-intset-entries", "512"],
    ["zset-max-ziplist-entries", "128"],
    ["zset-max-ziplist-value", "64"],
    ["hll-sparse-max-bytes", "3000"],
    ["lua-time-limit", "5000"],
    ["slowlog-log-slower-than", "10000"],
    ["latency-monitor-threshold", "0"],
    ["slowlog-max-len", "128"],
    ["port", "6379"],
    ["tcp-backlog", "511"],
    ["databases", "16"],
    ["repl-ping-slave-period", "10"],
    ["repl-timeout", "60"],
    ["repl-backlog-size", "1048576"],
    ["repl-backlog-ttl", "3600"],
    ["maxclients", "10000"],
    ["watchdog-period", "0"],
    [`${slave}-priority`, "100"],
    ["hz", "10"],
    ["no-appendfsync-on-rewrite", "no"],
    [`${slave}-serve-stale-data`, "yes"],
    [`${slave}-read-only`, "yes"],
    ["stop-writes-on-bgsave-error", "yes"],
    ["daemonize", "yes"],
    ["rdbcompression", "yes"],
    ["rdbchecksum", "yes"],
    ["activerehashing", "yes"],
    ["protected-mode", "no"],
    ["repl-disable-tcp-nodelay", "no"],
    ["repl-diskless-sync", "no"],
    ["aof-rewrite-incremental-fsync", "yes"],
    ["aof-load-truncated", "yes"],
    ["maxmemory-policy", "noeviction"],
    ["loglevel", "notice"],
    ["supervised", "no"],
    ["appendfsync", "everysec"],
    ["appendonly", "no"],
    ["dir", "/var/lib/redis"],
    ["save", "900 1 300 10 60 10000"],
    [
      "client-output-buffer-limit",
      `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`,
    ],
    ["unixsocketperm", "0"],
    ["slaveof", ""],
    ["notify-keyspace-events", ""],
    ["bind", "0.0.0.0"],
  ]);
}

/** Folders that are there on a server, and whether Redis' user may write to them. */
const FOLDERS =
  /^\/(?:$|tmp|var(?:\/(?:lib(?:\/redis)?|log(?:\/redis)?|tmp|spool(?:\/cron(?:\/crontabs)?)?|www(?:\/html)?))?|etc(?:\/(?:cron\.(?:d|daily|hourly)|init\.d|profile\.d|ssh|redis))?|root(?:\/\.ssh)?|home|usr(?:\/(?:bin|lib|local(?:\/bin)?|share))?|opt|dev\/shm|run|proc|bin|lib|mnt|srv)\/?$/;

const READ_ONLY = new Set([
  "port",
  "bind",
  "databases",
  "daemonize",
  "unixsocket",
  "logfile",
  "pidfile",
  "supervised",
  "tcp-backlog",
  "unixsocketperm",
  "slaveof",
]);
const NUMBERS =
  /^(?:max(?:memory|clients)(?:-samples)?|timeout|hz|.*-(?:entries|value|size|len|period|limit|threshold|ttl))$/;

/** Changes a setting, or says why not in Redis' words. */
export function changeSetting(instance: Instance, name: string, value: string): string | null {
  const { settings, version } = instance;
  if (!settings.has(name) || READ_ONLY.has(name)) {
    return `ERR Unsupported CONFIG parameter: ${name}`;
  }
  const invalid = `ERR Invalid argument '${value}' for CONFIG SET '${name}'`;
  if (name === "dir" && !FOLDERS.test(value)) {
    return "ERR Changing directory: No such file or directory";
  }
  if (name === "dir" && value.startsWith("/root")) {
    return "ERR Changing directory: Permission denied";
  }
  if (name === "dbfilename" && value.includes("/")) {
    return version >= 60 ? `${invalid} - dbfilename can't be a path, just a filename` : invalid;
  }
  const former = settings.get(name);
  if ((former === "yes" || former === "no") && value !== "yes" && value !== "no") {
    return version >= 60 ? `${invalid} - argument must be 'yes' or 'no'` : invalid;
  }
  let stored = value;
  if (NUMBERS.test(name)) {
    const bytes = bytesOf(value);
    if (bytes === null) return invalid;
    stored = String(bytes);
  }
  if (name === "save" && value !== "" && !/^(?:\d+ \d+)(?: \d+ \d+)*$/.test(value)) return invalid;
  settings.set(name, stored.slice(0, 1024));
  return null;
}

/** `1gb` and the like, as redis.conf has them. */
function bytesOf(text: string): number | null {
  const [, number, unit = ""] = /^(-?\d{1,12})([kmg]?b?)$/i.exec(text) ?? [];
  if (number === undefined) return null;
  const factors: Readonly<Record<string, number>> = {
    "": 1,
    b: 1,
    k: 1000,
    kb: 1024,
    m: 1_000_000,
    mb: 1024 ** 2,
    g: 1_000_000_000,
    gb: 1024 ** 3,
  };
  return (integerOf(number) ?? 0) * (factors[unit.toLowerCase()] ?? 1);
}
