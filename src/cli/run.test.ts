import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Command } from "commander";
import { silentLog } from "../domain/log.ts";
import { type Master, startMaster } from "../master/master.ts";
import { createSystemClock } from "./clock.ts";
import { dataDirectory } from "./data-directory.ts";
import { buildProgram } from "./program.ts";
import { recordingShell } from "./recording-shell.ts";
import { run } from "./run.ts";

let dir = "";
let master: Master;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "decnet-cli-"));
  const anyPort = { host: "127.0.0.1", port: 0 };
  master = await startMaster({
    operatorCertificate: null,
    eventsKeptMs: 86_400_000,
    recoveryBounds: { most: 0, withinMs: 0 },
    dataDir: dataDirectory(dir).master,
    agentPlane: anyPort,
    enrollment: anyPort,
    operator: anyPort,
    advertiseHost: "127.0.0.1",
    heartbeatIntervalMs: 30_000,
    agentCertificateTtlMs: null,
    trustClock: false,
    dashboardDir: null,
    clock: createSystemClock(),
    log: silentLog,
    random: randomBytes,
    version: "1.2.3",
  });
});

after(async () => {
  await master.close();
  await rm(dir, { recursive: true });
});

async function decnet(line: string) {
  const shell = recordingShell(dir);
  const code = await run(line.split(" ").filter(Boolean), shell);
  return { code, out: shell.out.join("\n"), err: shell.err.join("\n") };
}

function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

function pathOf(command: Command): string {
  const above = command.parent;
  return above === null ? "" : `${pathOf(above)} ${command.name()}`.trim();
}

const COMMANDS = leaves(buildProgram(recordingShell(dir)));

test("decnet has the commands that its documents name, each with examples and, where it lists or shows, --json", () => {
  assert.deepEqual(COMMANDS.map(pathOf), [
    "up",
    "master",
    "agent enroll",
    "agent run",
    "token create",
    "token list",
    "token revoke",
    "host list",
    "host show",
    "host release",
    "host decommission",
    "alarm list",
    "alarm acknowledge",
    "decky list",
    "decky add",
    "decky remove",
    "events tail",
    "status",
    "operator create",
    "operator list",
    "operator set-role",
    "operator reset-password",
    "operator disable",
    "operator enable",
    "operator delete",
    "operator reset-totp",
    "api-token create",
    "api-token list",
    "api-token revoke",
    "audit list",
    "audit verify",
    "authority show",
    "authority rotate",
    "authority retire",
    "authority encrypt",
    "authority decrypt",
    "version",
  ]);
  // Those that stay, and those that rewrite one file and say so.
  const plain = new Set(["up", "master", "agent run", "authority encrypt", "authority decrypt"]);
  for (const command of COMMANDS) {
    const path = pathOf(command);
    const hasJson = command.options.some(({ long }) => long === "--json");
    assert.equal(hasJson, !plain.has(path), path);
    assert.notEqual(command.summary(), "", path);
  }
});

test("every command that asks the master takes the flags that say where it is", () => {
  const here = new Set(["up", "master", "agent enroll", "agent run", "version"]);
  for (const command of COMMANDS) {
    const path = pathOf(command);
    const isHere = here.has(path) || /^authority (?:en|de)crypt$/.test(path);
    const flags = command.options.map(({ long }) => long);
    for (const flag of ["--url", "--api-token-file", "--authority-file"]) {
      assert.equal(flags.includes(flag), !isHere, `${path} ${flag}`);
    }
  }
});

test("every command's help ends in examples, and asking for it is no failure", async () => {
  for (const command of COMMANDS) {
    const { code, out } = await decnet(`${pathOf(command)} --help`);
    assert.equal(code, 0);
    assert.match(out, /\nExamples:\n {2}decnet /, pathOf(command));
  }
});

test("every listing is a list with --json, and says what comes next when it is empty", async () => {
  for (const [command, next] of [
    ["host list", "decnet token create"],
    ["decky list", "decnet decky add"],
    ["token list", "decnet token create"],
  ] as const) {
    const shown = await decnet(command);
    assert.equal(shown.code, 0, shown.err);
    assert.ok(shown.out.includes(next), shown.out);
    const listed = await decnet(`${command} --json`);
    assert.deepEqual(JSON.parse(listed.out), []);
  }
});

test("a join token is made, listed without its secret, and revoked", async () => {
  const { out } = await decnet("token create --ttl 2h --name branch-7 --json");
  const { token, secret, command } = JSON.parse(out) as {
    token: { id: string };
    secret: string;
    command: string;
  };
  assert.ok(command.includes(secret));
  const list = await decnet("token list");
  assert.match(list.out, new RegExp(`${token.id} +usable +branch-7 +now +local:\\d+ +in 2 h`));
  const raw = await decnet("token list --json");
  assert.ok(!raw.out.includes(secret));
  assert.equal((await decnet(`token revoke ${token.id}`)).code, 0);
  assert.match((await decnet("token list")).out, new RegExp(`${token.id} +revoked`));
});

test("status shows the fleet in a few lines, and all of it with --json", async () => {
  const { out } = await decnet("status");
  assert.match(out, /^No host is active yet\.\n\nversion +1\.2\.3\n/);
  const { version } = JSON.parse((await decnet("status --json")).out) as { version: string };
  assert.equal(version, "1.2.3");
});

test("operator reset-password prints a new password once, on standard output alone", async () => {
  const { code, out, err } = await decnet("operator reset-password");
  assert.equal(code, 0);
  assert.match(out, /^\S{10,}$/);
  assert.ok(!err.includes(out));
});

test("refusals name what was wrong and end with their exit codes", async () => {
  for (const [line, code, words] of [
    ["", 2, "Usage: decnet"],
    ["host", 2, "Usage: decnet host"],
    ["hots list", 2, "unknown command 'hots'"],
    ["host list --al", 2, "unknown option '--al'"],
    ["host show", 2, "missing required argument 'host'"],
    ["decky add --host h --services ssh,gopher", 2, '--services is "gopher"'],
    ["token create --ttl 1s", 2, '--ttl is "1s"'],
    ["events tail --last many", 2, '--last is "many"'],
    ["events tail --kind ssh.nothing", 2, '--kind is "ssh.nothing"'],
    ["master --agent-port 70000", 2, "agentPort"],
    ["agent run --master nowhere", 7, "not enrolled"],
    ["agent enroll --token-file /none/such", 2, "cannot be read"],
    ["host show nobody", 3, "no such host: nobody"],
    ["host decommission nobody --confirm nobody", 3, "no such host"],
    ["decky add --host nobody", 3, "no such host"],
    ["decky remove nothing", 3, "no such decky"],
    ["token revoke 00", 3, "no such join token"],
    ["operator reset-password nobody", 3, "no such operator"],
    [`status --data ${tmpdir()}/none-such`, 4, "operator.sock"],
  ] as const) {
    const got = await decnet(line);
    assert.equal(got.code, code, `${line}: ${got.err}`);
    assert.ok(got.err.includes(words), `${line}: ${got.err}`);
    assert.equal(got.out, "", line);
  }
});

test("a join token given as an argument is refused, and not repeated", async () => {
  const { code, err } = await decnet("agent enroll decnet-join-1/h/1/f/secret/c");
  assert.equal(code, 2);
  assert.match(err, /standard input/);
  assert.ok(!err.includes("secret"));
});

test("a failure with --json is one line of JSON on standard error", async () => {
  const { err } = await decnet("host show nobody --json");
  const { error } = JSON.parse(err) as { error: { code: string; remedy: string } };
  assert.equal(error.code, "host-not-found");
  assert.match(error.remedy, /decnet host list/);
});
