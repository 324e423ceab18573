import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import { startMaster } from "../../../src/master/master.ts";
import { decnet } from "../decnet.ts";
import { enrollHost, masterOptions } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

/** A data directory whose master enrolled two hosts, decommissioned one, and was stopped. */
async function stoppedMaster(t: TestContext) {
  const data = await temporaryDir(t);
  const dataDir = join(data, "master");
  const master = await startMaster(masterOptions(dataDir));
  try {
    await enrollHost(t, master, "branch-1");
    await enrollHost(t, master, "branch-2");
    const gone = await decnet([
      "host",
      "decommission",
      "branch-1",
      "--confirm",
      "branch-1",
      "--data",
      data,
    ]);
    assert.equal(gone.code, 0, gone.stderr);
  } finally {
    await master.close();
  }
  const file = join(dataDir, "master.db");
  const tamper = (sql: string) => {
    const db = new DatabaseSync(file);
    db.exec(`DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_words; ${sql}`);
    db.close();
  };
  const verify = (...more: string[]) => decnet(["audit", "verify", "--data", data, ...more]);
  const start = async () => {
    const again = await startMaster(masterOptions(dataDir));
    t.after(() => again.close());
    return again;
  };
  return { data, tamper, verify, start };
}

const headIn = (stdout: string) => /head: (\S+)/.exec(stdout)?.[1] ?? "";

test("decnet audit verify believes a log as it was written, stopped and running", async (t) => {
  const { data, verify, start } = await stoppedMaster(t);
  const stopped = await verify();
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stdout, /✓ 6 rows, all as they were written/);
  const listed = await start().then(() => decnet(["audit", "list", "--json", "--data", data]));
  const rows = JSON.parse(listed.stdout) as { action: string; actor: string; outcome: string }[];
  assert.deepEqual(
    rows.map(({ action, actor }) => `${actor.split(":")[0]} ${action}`),
    [
      "local host.decommission",
      "host host.enroll",
      "local token.create",
      "host host.enroll",
      "local token.create",
      "system operator.create",
    ],
  );
  const running = await verify("--head", headIn(stopped.stdout));
  assert.equal(running.code, 0, running.stderr);
});

for (const [what, sql, row] of [
  ["a changed row", "UPDATE audit SET actor = 'operator:eve' WHERE id = 3", "row 3, changed"],
  ["a missing row", "DELETE FROM audit WHERE id = 4", "row 4, missing"],
  ["a log that was cut off", "DELETE FROM audit WHERE id >= 5", "row 5, truncated"],
  [
    "a log that was cut off with its note of the end set to match",
    "DELETE FROM audit WHERE id >= 5; UPDATE audit_head SET id = 4, hash = (SELECT hash FROM audit WHERE id = 4)",
    "row 4, head-forged",
  ],
] as const) {
  test(`decnet audit verify names ${what}, before and after the master is started again`, async (t) => {
    const { tamper, verify, start } = await stoppedMaster(t);
    tamper(sql);
    const stopped = await verify();
    assert.equal(stopped.code, 8, stopped.stderr);
    assert.ok(stopped.stderr.includes(row), stopped.stderr);
    const json = await verify("--json");
    assert.equal(json.code, 8);
    assert.equal((JSON.parse(json.stdout) as { kind: string }).kind, "broken");
    await start();
    const running = await verify();
    assert.equal(running.code, 8, "the log never reads as whole again");
  });
}

test("a head that was noted shows that whoever has the whole directory cut the end off", async (t) => {
  const { data, tamper, verify } = await stoppedMaster(t);
  const head = headIn((await verify()).stdout);
  tamper(
    "DELETE FROM audit WHERE id >= 5; UPDATE audit_head SET seal = NULL, id = 4, hash = (SELECT hash FROM audit WHERE id = 4)",
  );
  await rm(join(data, "master", "operators.secret"));
  const again = await startMaster(masterOptions(join(data, "master")));
  t.after(() => again.close());
  assert.equal((await verify()).code, 0, "with the key made anew, nothing here tells");
  const noted = await verify("--head", head);
  assert.equal(noted.code, 8);
  assert.match(noted.stderr, /head-unknown/);
});

test("the command line works from elsewhere with an API token, over TLS alone", async (t) => {
  const data = await temporaryDir(t);
  const master = await startMaster(
    masterOptions(join(data, "master"), {
      operator: { host: "0.0.0.0", port: 0 },
      advertiseHost: "127.0.0.1",
    }),
  );
  t.after(() => master.close());
  assert.match(master.operatorUrl, /^https:\/\/127\.0\.0\.1:\d+$/);
  const made = await decnet(["api-token", "create", "test", "--for", "admin", "--data", data]);
  assert.equal(made.code, 0, made.stderr);
  const tokenFile = join(data, "token");
  await writeFile(tokenFile, made.stdout, { mode: 0o600 });
  const url = ["--url", master.operatorUrl];
  const token = ["--api-token-file", tokenFile];
  const trustFile = join(data, "trusted.pem");
  const authority = await readFile(join(data, "master", "authority", "authority.pem"));
  await writeFile(trustFile, new X509Certificate(authority).toString());
  const trust = ["--authority-file", trustFile];
  const elsewhere = ["--data", join(data, "nothing-here")];

  const status = await decnet(["status", ...url, ...token, ...trust, ...elsewhere]);
  assert.equal(status.code, 0, status.stderr);
  const denied = await decnet(["token", "create", ...url, ...token, ...trust, ...elsewhere]);
  assert.equal(denied.code, 3, "its scope is to read");
  assert.match(denied.stderr, /permission-denied/);
  const stranger = await decnet(["status", ...url, ...token, ...elsewhere]);
  assert.equal(stranger.code, 6, "an authority that nobody named is not trusted");
  const plain = await decnet(["status", "--url", "http://192.0.2.1:1", ...token, ...elsewhere]);
  assert.equal(plain.code, 2);
  assert.match(plain.stderr, /unencrypted/);
  const without = await decnet(["status", ...url, ...elsewhere]);
  assert.equal(without.code, 2);
  await chmod(tokenFile, 0o644);
  const open = await decnet(["status", ...url, ...token, ...trust, ...elsewhere]);
  assert.match(open.stderr, /chmod 600/);
});

test("decnet master does not start with half a certificate, or one that is none", async (t) => {
  const data = await temporaryDir(t);
  const junk = join(data, "junk.pem");
  await writeFile(junk, "junk", { mode: 0o600 });
  const ports = ["--agent-port", "0", "--enrollment-port", "0", "--operator-port", "0"];
  const start = (...more: string[]) =>
    decnet(["master", "--data", data, "--agent-host", "127.0.0.1", ...ports, ...more]);
  const half = await start("--operator-cert", junk);
  assert.equal(half.code, 2);
  assert.match(half.stderr, /operatorCert is given without operatorKey/);
  const none = await start("--operator-cert", junk, "--operator-key", junk);
  assert.equal(none.code, 2, none.stderr);
  assert.match(none.stderr, /operator plane's certificate, .*junk\.pem/);
});
