import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { confine } from "./confinement.ts";

/** What somebody tries who runs code of his own in the decoy process. Answers with what he got. */
const PROBE = `
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
const [privilege, keyFile, outFile, port, ...flags] = process.argv.slice(2);
const { dropPrivilege } = await import(privilege);
if (flags.includes("--drop-privilege")) dropPrivilege();
const tried = {};
function attempt(name, action) {
  try {
    tried[name] = ["succeeded", String(action())];
  } catch (error) {
    tried[name] = ["failed", error.code ?? error.name];
  }
}
attempt("read the agent's key", () => readFileSync(keyFile, "utf8"));
attempt("read /etc/passwd", () => readFileSync("/etc/passwd", "utf8"));
attempt("read /proc/self/environ", () => readFileSync("/proc/self/environ", "utf8"));
attempt("list a folder", () => readdirSync("/"));
attempt("write a file", () => writeFileSync(outFile, "x"));
attempt("write its own code", () => writeFileSync(new URL("./x.ts", privilege), "x"));
attempt("start a program", () => spawnSync("/bin/true").status ?? "started");
attempt("start a thread", () => new Worker("0", { eval: true }));
attempt("load native code", () => process.dlopen({ exports: {} }, "/lib/x.node"));
attempt("evaluate a string", () => eval("1 + 1"));
attempt("become root", () => process.setuid(0) ?? process.getuid());
attempt("become root's group", () => process.setgid(0) ?? process.getgid());
const online = await new Promise((resolve) => {
  const socket = connect(Number(port), "127.0.0.1");
  socket.on("connect", () => resolve(true));
  socket.on("error", () => resolve(false));
});
const env = Object.keys(process.env).toSorted();
const ids = [process.getuid(), process.geteuid(), process.getgid(), ...process.getgroups()];
writeSync(1, JSON.stringify({ tried, online, env, ids, cwd: process.cwd() }));
process.exit(0);
`;

async function probe(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "decnet-confinement-"));
  t.after(() => rm(folder, { recursive: true }));
  const keyFile = join(folder, "host.key");
  const script = join(folder, "probe.mjs");
  await writeFile(keyFile, "secret", { mode: 0o600 });
  await writeFile(script, PROBE);
  const listener = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(listener, "listening");
  t.after(() => listener.close());
  const confinement = confine();
  const { port } = listener.address() as AddressInfo;
  const { stdout } = await promisify(execFile)(
    confinement.command,
    [
      ...confinement.argv,
      `--allow-fs-read=${script}`,
      script,
      pathToFileURL(join(import.meta.dirname, "privilege.ts")).href,
      keyFile,
      join(folder, "written"),
      String(port),
      ...(confinement.dropsPrivilege ? ["--drop-privilege"] : []),
    ],
    { env: { ...confinement.env }, cwd: confinement.cwd },
  );
  const found = JSON.parse(stdout) as {
    tried: Record<string, [string, string]>;
    online: boolean;
    env: string[];
    ids: number[];
    cwd: string;
  };
  return { confinement, found };
}

test("whoever takes the decoy process over reads, writes, starts and becomes nothing", async (t) => {
  const { confinement, found } = await probe(t);
  const { tried } = found;
  const outcomes = Object.entries(tried).map(([name, [outcome]]) => [name, outcome]);
  const root = process.getuid?.() === 0 && !confinement.dropsPrivilege;
  const expected = Object.keys(tried).map((name) => [
    name,
    // The root of a user namespace that has no other user: nothing more than that user is.
    root && name.startsWith("become") ? "succeeded" : "failed",
  ]);
  assert.equal(outcomes.length, 12);
  assert.deepEqual(outcomes, expected, JSON.stringify(tried));
  assert.equal(tried["read the agent's key"]?.[1], "ERR_ACCESS_DENIED");
  assert.deepEqual(found.env, ["TZ"]);
  assert.equal(found.cwd, "/");
  if (confinement.dropsPrivilege) assert.deepEqual([...new Set(found.ids)], [65534]);
});

test("the decoy process has no route to anywhere where the system can take it away", async (t) => {
  const { confinement, found } = await probe(t);
  assert.equal(found.online, !confinement.offline);
  if (process.platform === "linux" && process.getuid?.() === 0 && confinement.dropsPrivilege) {
    assert.equal(confinement.offline, true);
  }
});
