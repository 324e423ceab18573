import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildProgram } from "./program.ts";
import { recordingShell } from "./recording-shell.ts";
import { run } from "./run.ts";

const root = await mkdtemp(join(tmpdir(), "decnet-refusals-"));
after(() => rm(root, { recursive: true }));
const data = join(root, "data");
await mkdir(data);

/** One that is refused; a part of the line may have spaces in it. */
async function refused(...args: readonly string[]) {
  const shell = recordingShell(data);
  const code = await run(args, shell);
  assert.deepEqual(shell.out, []);
  assert.deepEqual(await readdir(data), [], "a refusal writes nothing");
  return { code, err: shell.err.join("\n") };
}

const words = (line: string) => line.split(" ");

test("a flag is never taken for the value of the one before it", async () => {
  for (const [line, flag] of [
    ["master --data --trust-clock", "--data lacks its value: --trust-clock"],
    ["token create --ttl --json", "--ttl lacks its value: --json"],
    ["events tail --decky --json", "--decky lacks its value: --json"],
    ["host decommission h --confirm -h", "--confirm lacks its value: -h"],
    ["agent enroll --token-file --name x", "--token-file lacks its value: --name"],
  ] as const) {
    const { code, err } = await refused(...words(line));
    assert.equal(code, 2, line);
    assert.ok(err.includes(flag), err);
  }
});

test("values that the master would refuse are refused here, in words and by their flag", async () => {
  for (const [line, told] of [
    ["token create --name a_b", '--name is "a_b", but it must be 1 to 63 letters'],
    ["agent enroll --name a_b", '--name is "a_b", but it must be 1 to 63 letters'],
    ["operator create An!na", 'name is "An!na", but it must be 1 to 32 lowercase letters'],
    ["decky add --host h --name B", '--name is "B", but it must be 1 to 63 lowercase letters'],
    ["decky add --host h --hostname a.b", '--hostname is "a.b", but it must be 1 to 63 letters'],
    ["decky add --host h --ip 1.2.3", '--ip is "1.2.3", but it must be an IPv4 address'],
    ["decky add --host h --distro win", '--distro is "win", but it must be one of debian-10'],
    ["audit list --limit 0", '--limit is "0", but it must be a whole number from 1 to 1000'],
    ["audit list --limit 1001", '--limit is "1001", but it must be a whole number from 1 to 1000'],
    ["audit list --before -1", '--before is "-1", but it must be an id of a row'],
    ["events tail --src nobody", '--src is "nobody", but it must be an IP address'],
  ] as const) {
    const { code, err } = await refused(...words(line));
    assert.equal(code, 2, line);
    assert.ok(err.includes(told), err);
  }
  assert.match((await refused("decky", "add", "--host", "h", "--name", "")).err, /--name is ""/);
});

test("an enrollment without a token says that there is none", async () => {
  const empty = join(root, "empty");
  await writeFile(empty, "\n");
  const { code, err } = await refused("agent", "enroll", "--token-file", empty);
  assert.equal(code, 3);
  assert.match(err, /not a join token: there is none \[token-malformed\]/);
});

test("a first start of the master that cannot listen, or lacks a file, leaves nothing", async () => {
  const taken = createServer();
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const here = "master --agent-host 127.0.0.1 --log-level error";
  const any = ["--agent-port 0", "--enrollment-port 0", "--operator-port 0"];
  try {
    for (const flag of ["--agent-port", "--enrollment-port", "--operator-port"]) {
      const rest = any.filter((other) => !other.startsWith(flag)).join(" ");
      const { code, err } = await refused(...words(`${here} ${rest} ${flag} ${port}`));
      assert.equal(code, 7, err);
      assert.ok(err.includes(`port in use: 127.0.0.1:${port}; ${flag} chooses another`), err);
    }
  } finally {
    taken.close();
  }
  const ports = any.join(" ");
  for (const [flags, told] of [
    ["--operator-host 192.0.2.1", "cannot listen on 192.0.2.1:0"],
    ["--operator-host 192.0.2.1", "; --operator-host chooses another"],
    ["--operator-cert /none/c.pem --operator-key /none/k.pem", "/none/c.pem"],
    ["--agent-host 192.0.2.1", "; --agent-host chooses another"],
  ] as const) {
    const { code, err } = await refused(...words(`${here} ${ports} ${flags}`));
    assert.equal(code, 2, err);
    assert.ok(err.includes(told), err);
  }
});

test("a data directory that is a file is no bug of ours, whatever the command", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  const ports = "--agent-port 0 --enrollment-port 0 --operator-port 0 --agent-host 127.0.0.1";
  for (const [line, code, told] of [
    [`master ${ports}`, 7, "data-unusable"],
    ["agent run", 7, "data-unusable"],
    ["authority encrypt", 7, "data-unusable"],
    ["authority decrypt", 7, "data-unusable"],
    ["status", 4, "nothing answers on"],
    ["audit verify", 4, "nothing answers on"],
  ] as const) {
    const got = await refused(...words(`${line} --data ${file}`));
    assert.equal(got.code, code, `${line}: ${got.err}`);
    assert.ok(got.err.includes(told), `${line}: ${got.err}`);
  }
});

test("there is no key to encrypt before there is an authority", async () => {
  const { code, err } = await refused("authority", "encrypt");
  assert.equal(code, 7);
  assert.match(err, /holds no authority: decnet master makes one/);
});

test("help keeps within the terminal: what an example does stands below it, if there is no room", () => {
  for (const [columns, shown] of [
    [80, "\n  decnet token list  which are still usable"],
    [40, "\n  decnet token list\n      which are still usable"],
  ] as const) {
    const shell = recordingShell(data);
    const list = buildProgram(shell)
      .commands.find((command) => command.name() === "token")
      ?.commands.find((command) => command.name() === "list");
    list?.configureOutput({ getOutHelpWidth: () => columns });
    assert.throws(() => list?.parse(["--help"], { from: "user" }), /outputHelp/);
    assert.ok(shell.out.join("\n").includes(shown), shell.out.join("\n"));
  }
});
