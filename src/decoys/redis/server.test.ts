import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { personaOf, type RunningDecoy, startDecoy } from "../testbed.ts";
import { createInstance } from "./instance.ts";
import { redisDecoy } from "./server.ts";

const run = promisify(execFile);

function start(t: TestContext, distro = "debian-11", config = {}): Promise<RunningDecoy> {
  return startDecoy(t, redisDecoy, personaOf("database-server", 1, { distro }), config);
}

async function cli(port: number, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("redis-cli", ["-p", String(port), ...args]);
  return stdout.trim();
}

/** Sends bytes, half-closes, and gives back all that came. */
async function talk(port: number, ...writes: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let said = "";
  socket.on("data", (chunk) => {
    said += chunk.toString("latin1");
  });
  socket.on("error", () => {});
  for (const bytes of writes) socket.write(bytes);
  socket.end();
  await once(socket, "close");
  return said;
}

test("redisDecoy tells redis-cli of the machine that its persona is", async (t) => {
  const decoy = await start(t);
  const persona = personaOf("database-server", 1, { distro: "debian-11" });
  const info = new Map(
    (await cli(decoy.port, "INFO"))
      .split("\r\n")
      .map((line) => line.split(":") as [string, string]),
  );
  assert.equal(info.get("redis_version"), "6.0.16");
  assert.equal(info.get("os"), `Linux ${persona.release.kernelRelease} x86_64`);
  const uptimeMs = Number(info.get("uptime_in_seconds")) * 1000;
  const sinceBootMs = decoy.nowMs() - persona.bootedMs;
  assert.ok(uptimeMs < sinceBootMs && uptimeMs > sinceBootMs - 60_000);
  assert.equal(info.get("total_system_memory"), String(persona.hardware.memoryKb * 1024));
  assert.equal(await cli(decoy.port, "CONFIG", "GET", "dir"), "dir\n/var/lib/redis");
  assert.match(
    await cli(decoy.port, "INFO", "keyspace"),
    /^# Keyspace\r\ndb0:keys=\d+,expires=\d+/,
  );
});

test("redisDecoy keeps what its clients write, until it expires", async (t) => {
  const decoy = await start(t);
  assert.equal(await cli(decoy.port, "SET", "x", "\n\n*/1 * * * * id\n\n", "EX", "60"), "OK");
  assert.equal(await cli(decoy.port, "TTL", "x"), "60");
  assert.equal(await cli(decoy.port, "INCRBY", "n", "41"), "41");
  assert.equal(await cli(decoy.port, "RPUSH", "l", "a", "b", "c"), "3");
  assert.equal(await cli(decoy.port, "LRANGE", "l", "-2", "-1"), "b\nc");
  assert.equal(await cli(decoy.port, "HSET", "h", "f", "v"), "1");
  assert.equal(await cli(decoy.port, "-3", "HGETALL", "h"), "f v");
  assert.equal(
    await cli(decoy.port, "GET", "l"),
    "WRONGTYPE Operation against a key holding the wrong kind of value",
  );
  assert.equal(await cli(decoy.port, "EXISTS", "x", "n", "l", "gone"), "3");
  decoy.pass(61_000);
  assert.equal(await cli(decoy.port, "EXISTS", "x"), "0");
  assert.equal(await cli(decoy.port, "FLUSHALL"), "OK");
  assert.equal(await cli(decoy.port, "DBSIZE"), "0");
});

test("redisDecoy plays along with what is done to open servers, and records it", async (t) => {
  const decoy = await start(t);
  const steps: readonly (readonly [string, string])[] = [
    ["CONFIG SET dir /var/spool/cron/crontabs", "+OK\r\n"],
    ["CONFIG SET dir /nowhere", "-ERR Changing directory: No such file or directory\r\n"],
    ["CONFIG SET dbfilename root", "+OK\r\n"],
    ["SAVE", "+OK\r\n"],
    ["SLAVEOF 192.0.2.1 6379", "+OK\r\n"],
    ["SET a b", "-READONLY You can't write against a read only replica.\r\n"],
    ["MODULE LOAD ./exp.so", "-ERR Error loading the extension. Please check the server logs.\r\n"],
    ["SLAVEOF NO ONE", "+OK\r\n"],
    ["system.exec id", "-ERR unknown command `system.exec`, with args beginning with: `id`, \r\n"],
    ["EVAL 'return redis.call(\"PING\")' 0", "+PONG\r\n"],
    ["QUIT", "+OK\r\n"],
  ];
  const said = await talk(decoy.port, steps.map(([line]) => `${line}\r\n`).join(""));
  assert.equal(said, steps.map(([, reply]) => reply).join(""));
  assert.deepEqual(decoy.events[0], {
    kind: "redis.command",
    data: {
      command: "config",
      args: ["SET", "dir", "/var/spool/cron/crontabs"],
      arg_count: 3,
    },
  });
  assert.equal(decoy.events.length, steps.length);
});

test("redisDecoy speaks as its version: 4.0 knows no HELLO and quotes otherwise", async (t) => {
  const decoy = await start(t, "ubuntu-18.04");
  assert.equal(
    await talk(decoy.port, "HELLO 3\r\nfoo a\r\nAUTH x\r\nCONFIG FOO x\r\nREPLICAOF no one\r\n"),
    "-ERR unknown command 'HELLO'\r\n-ERR unknown command 'foo'\r\n-ERR Client sent AUTH, but no password is set\r\n" +
      "-ERR CONFIG subcommand must be one of GET, SET, RESETSTAT, REWRITE\r\n-ERR unknown command 'REPLICAOF'\r\n",
  );
});

test("redisDecoy asks for the password of its config, and records who tries", async (t) => {
  const decoy = await start(t, "debian-11", { password: "s3cret" });
  assert.equal(
    await talk(
      decoy.port,
      "GET a\r\nAUTH no\r\nHELLO 3 AUTH default no\r\nAUTH s3cret\r\nPING\r\n",
    ),
    "-NOAUTH Authentication required.\r\n-WRONGPASS invalid username-password pair\r\n" +
      "-WRONGPASS invalid username-password pair\r\n+OK\r\n+PONG\r\n",
  );
  assert.deepEqual(
    decoy.events.filter(({ kind }) => kind === "redis.login.attempt").map(({ data }) => data),
    [
      { user: "default", password: "no", success: false },
      { user: "default", password: "no", success: false },
      { user: "default", password: "s3cret", success: true },
    ],
  );
});

test("redisDecoy runs transactions, and drops one that has an error", async (t) => {
  const { port } = await start(t);
  assert.equal(
    await talk(port, "MULTI\r\nSET a 1\r\nINCR a\r\nEXEC\r\nMULTI\r\nfoo\r\nEXEC\r\nEXEC\r\n"),
    "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:2\r\n+OK\r\n-ERR unknown command `foo`, with args beginning with: \r\n" +
      "-EXECABORT Transaction discarded because of previous errors.\r\n-ERR EXEC without MULTI\r\n",
  );
});

test("redisDecoy shows a monitor what others do", async (t) => {
  const { port } = await start(t);
  const monitor = connect(port, "127.0.0.1");
  monitor.write("MONITOR\r\n");
  await once(monitor, "data");
  const shown = once(monitor, "data");
  await talk(port, 'SET a "b\\n"\r\n');
  const [line] = (await shown) as [Buffer];
  assert.match(
    line.toString(),
    /^\+1779280496\.000000 \[0 127\.0\.0\.1:\d+\] "SET" "a" "b\\n"\r\n$/,
  );
  monitor.destroy();
});

test("redisDecoy hangs up on a browser and on what is no request", async (t) => {
  const decoy = await start(t);
  assert.equal(await talk(decoy.port, "POST / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  assert.equal(
    await talk(decoy.port, "*9999999999\r\n"),
    "-ERR Protocol error: invalid multibulk length\r\n",
  );
  assert.deepEqual(decoy.events.at(-1), {
    kind: "redis.malformed",
    data: { reason: "Protocol error: invalid multibulk length", bytes: "*9999999999\r\n" },
  });
});

test("redisDecoy refuses writes once its few megabytes are full", async (t) => {
  const { port } = await start(t);
  const value = "x".repeat(16_000);
  const writes = Array.from({ length: 400 }, (_, index) => `SET k${index} ${value}\r\n`).join("");
  const said = await talk(port, writes, "DEL k0 k1 k2\r\nSET last x\r\n");
  assert.match(
    said,
    /^(?:\+OK\r\n){200,}(?:-OOM command not allowed when used memory > 'maxmemory'\.\r\n)+:3\r\n\+OK\r\n$/,
  );
});

test("redisDecoy ends a connection that asks for more than it could hold", async (t) => {
  const { port } = await start(t);
  const read = `MGET${" big".repeat(1000)}\r\n`;
  const said = await talk(port, `SET big ${"x".repeat(16_000)}\r\n`, read);
  assert.equal(said.replace("+OK\r\n", ""), "");
});

test("redisDecoy outlives random bytes and mangled commands", async (t) => {
  const { port } = await start(t);
  // A linear congruential generator: the same bytes at every run.
  let seed = 11;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const samples = [
    "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n",
    "EVAL 'return {KEYS[1]}' 1 a\r\nSCAN 0 MATCH [a-\r\nZADD z 1 a\r\nZRANGE z 0 -1 WITHSCORES\r\nCLIENT LIST\r\n",
    "MULTI\r\nHELLO 3\r\nSUBSCRIBE a\r\nEXEC\r\nOBJECT ENCODING a\r\nCONFIG SET maxmemory 1gb\r\nCOMMAND\r\n",
  ];
  for (let round = 0; round < 300; round++) {
    const sample = Buffer.from(samples[round % samples.length] ?? "");
    const bytes = Buffer.from(sample.subarray(0, random(sample.length + 1)));
    for (let hits = random(5); hits > 0 && bytes.length > 0; hits--) {
      bytes[random(bytes.length)] = random(256);
    }
    await talk(port, bytes);
  }
  assert.equal(await talk(port, "PING\r\n"), "+PONG\r\n");
});

test("createInstance() gives no two deckies the same keys and counts", () => {
  const seen = new Set<string>();
  for (let index = 0; index < 200; index++) {
    const persona = personaOf("database-server", index);
    const instance = createInstance(persona, () => Date.UTC(2026, 4, 20), "");
    seen.add(instance.keyspace.keys(0).join());
    seen.add(JSON.stringify([instance.totals, instance.startedMs]));
  }
  assert.equal(seen.size, 400);
});
