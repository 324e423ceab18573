import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { personaOf, type RunningDecoy, startDecoy } from "../testbed.ts";
import { sshDecoy } from "./server.ts";

const run = promisify(execFile);
const OPTIONS = [
  "-F/dev/null",
  "-oStrictHostKeyChecking=no",
  "-oUserKnownHostsFile=/dev/null",
  "-oLogLevel=ERROR",
  "-oIdentityAgent=none",
  "-oIdentityFile=/dev/null",
  "-oPreferredAuthentications=password",
];

async function start(t: TestContext) {
  const persona = personaOf("linux-server", 1, { distro: "debian-11" });
  const decoy = await startDecoy(t, sshDecoy, persona);
  const folder = await mkdtemp(join(tmpdir(), "decnet-files-"));
  t.after(() => rm(folder, { recursive: true }));
  const login = persona.weakLogins.find(({ user }) => user === "root");
  const env = { ...process.env, SSHPASS: login?.password ?? "" };
  /** Debian's scp, sftp or ssh, its password typed by sshpass. */
  const client = (program: string, ...args: string[]) =>
    run("sshpass", ["-e", program, ...OPTIONS, ...args], { env, cwd: folder });
  return { decoy, folder, client, port: String(decoy.port) };
}

const filesOf = (decoy: RunningDecoy) =>
  decoy.events.filter(({ kind }) => kind === "shell.file").map(({ data }) => data);

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

for (const [via, options] of [
  ["scp", ["-O"]],
  ["sftp", []],
] as const) {
  test(`sshDecoy takes a file by ${via}, keeps it for the next connection, and gives it back`, async (t) => {
    const { decoy, folder, client, port } = await start(t);
    const bytes = Buffer.concat([Buffer.from("\x7fELF"), randomBytes(100_000)]);
    await writeFile(join(folder, "bot"), bytes, { mode: 0o755 });
    await client("scp", ...options, `-P${port}`, "bot", "root@127.0.0.1:/tmp/.bot");
    const listed = await client(
      "ssh",
      `-p${port}`,
      "root@127.0.0.1",
      "stat -c x /tmp/.bot >/dev/null; sha256sum /tmp/.bot; ls -l /tmp/.bot | cut -c1-10; /tmp/.bot; echo $?",
    ).catch((error: { stdout: string }) => error);
    assert.equal(listed.stdout, `${sha256(bytes)}  /tmp/.bot\n-rwxr-xr-x\n126\n`);
    await client("scp", ...options, `-P${port}`, "root@127.0.0.1:/tmp/.bot", "back");
    assert.ok(bytes.equals(await readFile(join(folder, "back"))));
    await decoy.settled();
    const [file, ...others] = filesOf(decoy);
    const { content, ...facts } = file ?? {};
    assert.deepEqual(facts, {
      path: "/tmp/.bot",
      via,
      bytes: bytes.length,
      sha256: sha256(bytes),
    });
    const kept = Buffer.concat((content as string[]).map((piece) => Buffer.from(piece, "base64")));
    assert.ok(kept.equals(bytes.subarray(0, 72 * 1024)));
    assert.deepEqual(others, []);
  });
}

test("sshDecoy serves sftp's everyday commands as sftp-server does", async (t) => {
  const { decoy, folder, client, port } = await start(t);
  await writeFile(join(folder, "one"), "first\n");
  const batch = [
    "pwd",
    "mkdir /tmp/d",
    "cd /tmp/d",
    "put one",
    "chmod 600 one",
    "rename one two",
    "ln -s two three",
    "ls -l",
    "-get nothing",
    "-rmdir /tmp/d",
    "get /etc/hostname",
    "rm two",
    "bye",
  ];
  await writeFile(join(folder, "batch"), `${batch.join("\n")}\n`);
  const { stdout, stderr } = await client(
    "sftp",
    "-oBatchMode=no",
    "-b",
    "batch",
    `-P${port}`,
    "root@127.0.0.1",
  );
  assert.match(stdout, /Remote working directory: \/root\n/);
  assert.match(stdout, /-rw------- +\S+ root +root +6 .*two\n/);
  assert.match(stdout, /lrwxrwxrwx .*three/);
  assert.match(stderr, /nothing.*not found/);
  assert.match(stderr, /rmdir.*Failure/);
  const persona = personaOf("linux-server", 1, { distro: "debian-11" });
  assert.equal(await readFile(join(folder, "hostname"), "utf8"), `${persona.hostname}\n`);
  await decoy.settled();
  assert.deepEqual(
    filesOf(decoy).map(({ path, via }) => [path, via]),
    [["/tmp/d/one", "sftp"]],
  );
});

test("sshDecoy keeps what standard input brings, and the lines of a script that comes that way", async (t) => {
  const { decoy, folder, client, port } = await start(t);
  await writeFile(
    join(folder, "s"),
    "cd /tmp\nfor i in 1 2\ndo echo $i\ndone > out\ncat out; nope\n",
  );
  const command = `sshpass -e ssh ${OPTIONS.join(" ")} -p${port} root@127.0.0.1`;
  const persona = personaOf("linux-server", 1, { distro: "debian-11" });
  const env = { ...process.env, SSHPASS: persona.weakLogins[0]?.password ?? "" };
  const ended = await run("sh", ["-c", `${command} < s`], { env, cwd: folder }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  assert.equal(ended.stdout, "1\n2\n");
  assert.match(ended.stderr, /-bash: line 5: nope: command not found\n$/);
  await client("ssh", `-p${port}`, "root@127.0.0.1", "cat > /tmp/x < /etc/hostname");
  await decoy.settled();
  const inputs = decoy.events
    .filter(({ kind }) => kind === "ssh.command")
    .map(({ data }) => [data["input"], data["rc"]]);
  assert.deepEqual(inputs, [
    ["cd /tmp", 0],
    ["for i in 1 2\ndo echo $i\ndone > out", 0],
    ["cat out; nope", 127],
    ["cat > /tmp/x < /etc/hostname", 0],
  ]);
  assert.deepEqual(
    filesOf(decoy).map(({ path }) => path),
    ["/tmp/out", "/tmp/x"],
  );
});

test("sshDecoy records a terminal, with its size and what the client set", async (t) => {
  const { decoy, client, port } = await start(t);
  const shown = await client("ssh", "-tt", `-p${port}`, "root@127.0.0.1", "stty size; echo $TERM");
  await decoy.settled();
  assert.match(shown.stdout, /^\d+ \d+\r\n/);
  const parts = decoy.events.filter(({ kind }) => kind === "shell.recording");
  const cast = parts.map(({ data }) => data["cast"]).join("");
  assert.equal(parts.at(-1)?.data["last"], true);
  assert.equal(JSON.parse(cast.split("\n")[0] ?? "").version, 3);
  assert.ok(cast.includes(JSON.stringify(shown.stdout).slice(1, -1)), cast);
  assert.match(cast, /"x","0"\]\n$/);
});
