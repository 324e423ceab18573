import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { AGENT_CERTIFICATE_TTL_MS } from "../../src/domain/renewal.ts";
import { LIMITS } from "../../src/master/enrollment/request.ts";
import type { Master } from "../../src/master/master.ts";
import { MASTER_CERTIFICATE_TTL_MS } from "../../src/master/server-certificate.ts";
import { MASTER_NAME, ROLE_OIDS } from "../../src/pki/certificate.ts";
import { mintJoinToken } from "../../src/pki/join-token.ts";
import type { ApiHost } from "../../src/wire/api/host.ts";
import { callMaster, listOf } from "./operator.ts";
import { openMaster } from "./swarm.ts";
import { temporaryDir } from "./temporary.ts";

const page = await readFile(join(import.meta.dirname, "../../docs/protocol.md"), "utf8");

/** A script of docs/protocol.md, as it stands there. */
function scriptOf(name: string): string {
  const text = page.split(`\n\`\`\`sh ${name}\n`)[1]?.split("\n```\n")[0];
  assert.ok(text, `docs/protocol.md has no script ${name}`);
  return `${text}\n`;
}

/** Runs a script with nothing but a shell and what Debian has on board. */
async function sh(
  script: string,
  dir: string,
  input = "",
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn("sh", ["-c", script], {
    cwd: dir,
    env: { PATH: "/usr/bin:/bin", HOME: dir },
  });
  const out = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (out.stderr += text));
  child.stdin.on("error", () => {}).end(input);
  const [code] = (await once(child, "close")) as [number];
  return { code, ...out };
}

async function makeToken(master: Master): Promise<string> {
  const { json } = await callMaster(master, "POST", "/api/v1/tokens", {});
  return (json as { readonly secret: string }).secret;
}

test("docs/protocol.md is exact enough to join with openssl and curl alone", async (t) => {
  const master = await openMaster(t);
  const enrollIn = async (dir: string, script = scriptOf("enroll")) =>
    await sh(script, dir, `${await makeToken(master)}\n`);
  const stateOf = async (dir: string) => {
    const [uuid] = (await readFile(join(dir, "host"), "utf8")).split(" ");
    const hosts = await listOf<ApiHost>(master, "/api/v1/hosts");
    return hosts.find((host) => host.uuid === uuid)?.state;
  };

  await t.test("its scripts enroll a host and beat", async (t) => {
    const dir = await temporaryDir(t);
    assert.deepEqual(await enrollIn(dir), { code: 0, stdout: "", stderr: "" });
    assert.equal(await stateOf(dir), "enrolled");
    assert.equal((await stat(join(dir, "key.pem"))).mode & 0o077, 0);
    assert.ok(!(await readdir(dir)).includes("request.json"), "the token stays on no disk");

    const beat = await sh(scriptOf("heartbeat"), dir);
    assert.deepEqual(beat, { code: 0, stdout: "204\n", stderr: "" });
    assert.equal(await stateOf(dir), "active");
  });

  const keys = scriptOf("keys").trim().split("\n");
  assert.equal(keys.length, 3);
  for (const line of keys) {
    await t.test(`its scripts do so with a key made by ${line}`, async (t) => {
      const dir = await temporaryDir(t);
      const script = scriptOf("enroll").replace(/^openssl genpkey .*$/m, line);
      // openssl shows on standard error how far it is with an RSA key.
      const { code, stderr } = await enrollIn(dir, script);
      assert.equal(code, 0, stderr);
      const beat = await sh(scriptOf("heartbeat"), dir);
      assert.deepEqual(beat, { code: 0, stdout: "204\n", stderr: "" });
    });
  }

  await t.test(
    "its scripts do so while the authority is rotated, by a token of before as well",
    async () => {
      const tokenOfBefore = await makeToken(master);
      await callMaster(master, "POST", "/api/v1/authorities/rotate");
      for (const token of [tokenOfBefore, await makeToken(master)]) {
        const dir = await temporaryDir(t);
        const enrolled = await sh(scriptOf("enroll"), dir, `${token}\n`);
        assert.equal(enrolled.code, 0, enrolled.stderr);
        assert.equal((await sh(scriptOf("heartbeat"), dir)).stdout, "204\n");
      }
    },
  );
  await t.test("its script says why when its token was used before", async (t) => {
    const token = `${await makeToken(master)}\n`;
    assert.equal((await sh(scriptOf("enroll"), await temporaryDir(t), token)).code, 0);
    const again = await sh(scriptOf("enroll"), await temporaryDir(t), token);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /join token already used/);
  });

  await t.test("its script sends nothing to a master that is not the token's", async (t) => {
    const { text } = mintJoinToken({
      authorityFingerprint: "ab".repeat(32),
      host: "127.0.0.1",
      port: master.enrollmentPort,
      random: randomBytes,
    });
    const dir = await temporaryDir(t);
    const refused = await sh(scriptOf("enroll"), dir, `${text}\n`);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /not the master of this token/);
    assert.deepEqual(await readdir(dir), ["authority.pem"]);
  });

  await t.test("the agent plane ends the handshake of who has no certificate", async (t) => {
    const dir = await temporaryDir(t);
    await enrollIn(dir);
    const bare = scriptOf("heartbeat").replace("--cert certificate.pem --key key.pem ", "");
    const refused = await sh(bare, dir);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stdout, /^000/);
    assert.equal(await stateOf(dir), "enrolled");
  });
});

test("docs/protocol.md names roles, names, lives and limits as the code has them", () => {
  const day = 86_400_000;
  for (const text of [
    ROLE_OIDS.agent,
    ROLE_OIDS.master,
    MASTER_NAME,
    `${AGENT_CERTIFICATE_TTL_MS / day} days, unless`,
    `${MASTER_CERTIFICATE_TTL_MS / day} days, renewed`,
    `${LIMITS.bodyBytes / 1024} KiB a body, ${LIMITS.headerBytes / 1024} KiB of headers`,
    `${LIMITS.headersMs / 1000} seconds for headers and ${LIMITS.requestMs / 1000} for a whole`,
    `${LIMITS.connections} connections at a time, ${LIMITS.burst} requests at once`,
    `then ${LIMITS.perSecond} a second`,
    `${LIMITS.perAddress} of the connections may be from one address`,
  ]) {
    assert.ok(page.replace(/\s+/g, " ").includes(text), text);
  }
});
