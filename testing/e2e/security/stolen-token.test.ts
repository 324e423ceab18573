import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { enroll } from "../../../src/agent/enroll.ts";
import { loadIdentity } from "../../../src/agent/identity.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, heartbeatBody } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { type Scene, setScene } from "./scene.ts";

async function makeToken({ master }: Scene) {
  const made = await callMaster(master, "POST", "/api/v1/tokens", { ttlMs: 60_000 });
  const { token, secret } = made.json as { readonly token: ApiToken; readonly secret: string };
  return { id: token.id, secret };
}

async function joinWith(t: TestContext, tokenText: string, hostName: string) {
  const dir = join(await temporaryDir(t), "agent");
  const joined = enroll({ tokenText, dir, hostName, agentVersion: "test", nowMs: Date.now() });
  joined.catch(() => {});
  return { dir, joined };
}

test("a stolen token that is used first makes a host that the audit names, and its owner is told", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const { id, secret } = await makeToken(scene);
  const before = await scene.snapshot();
  const thief = await (await joinWith(t, secret, "web-1")).joined;
  const owner = await joinWith(t, secret, "web-1");
  await assert.rejects(owner.joined, { code: "token-used" });
  assert.equal(await loadIdentity(owner.dir), null);

  await scene.assertTraces(before, {
    refused: { "token-used": 1 },
    audit: ["host.enroll ok 127.0.0.1"],
    except: [thief.hostUuid, id],
  });
  assert.ok(scene.log.some((line) => line.startsWith("host enrolled") && line.includes("127.0.0")));
  const [token] = await listOf<ApiToken>(master, "/api/v1/tokens");
  assert.deepEqual([token?.id, token?.usedByHostUuid], [id, thief.hostUuid], "and by whom");

  await callMaster(master, "POST", "/api/v1/hosts/web-1/decommission", { confirmName: "web-1" });
  const beat = heartbeatBody(thief.hostUuid);
  const gone = await callerOf(t, thief)("POST", "/swarm/heartbeat", beat);
  assert.equal(gone.headers["decnet-error"], "host-decommissioned", "the operator's way out");
});

test("a stolen token that was revoked, or ran out, enrolls nobody", async (t) => {
  const scene = await setScene(t);
  const [revoked, late] = [await makeToken(scene), await makeToken(scene)];
  await callMaster(scene.master, "DELETE", `/api/v1/tokens/${revoked.id}`);
  scene.skip(61_000);
  const before = await scene.snapshot();
  await assert.rejects((await joinWith(t, revoked.secret, "a")).joined, { code: "token-unknown" });
  await assert.rejects((await joinWith(t, late.secret, "b")).joined, { code: "token-expired" });
  await scene.assertTraces(before, { refused: { "token-unknown": 1, "token-expired": 1 } });
});

test("a token that is replayed enrolls nobody, under whatever name", async (t) => {
  const scene = await setScene(t);
  const { secret } = await makeToken(scene);
  const first = await (await joinWith(t, secret, "web-1")).joined;
  const before = await scene.snapshot();
  for (const name of ["web-1", "web-2"]) {
    const { dir, joined } = await joinWith(t, secret, name);
    await assert.rejects(joined, { code: "token-used" });
    assert.equal(await loadIdentity(dir), null);
  }
  await scene.assertTraces(before, { refused: { "token-used": 2 } });
  const hosts = await listOf<ApiHost>(scene.master, "/api/v1/hosts");
  assert.deepEqual(
    hosts.map(({ uuid }) => uuid),
    [first.hostUuid],
  );
});
