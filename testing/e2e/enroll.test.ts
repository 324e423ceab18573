import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { enroll } from "../../src/agent/enroll.ts";
import { loadIdentity } from "../../src/agent/identity.ts";
import { callMaster, listOf } from "./operator.ts";
import { callerOf, heartbeatBody, openMaster } from "./swarm.ts";
import { temporaryDir } from "./temporary.ts";

test("enroll() and a real master", async (t) => {
  const master = await openMaster(t);
  const dir = await temporaryDir(t);
  const tokenOf = async (): Promise<{ readonly id: string; readonly text: string }> => {
    const { json } = await callMaster(master, "POST", "/api/v1/tokens", {});
    const { token, secret } = json as { token: { id: string }; secret: string };
    return { id: token.id, text: secret };
  };
  const enrollIn = (name: string, tokenText: string, hostName: string | null = null) =>
    enroll({
      tokenText,
      dir: join(dir, name),
      hostName,
      agentVersion: "0.1.0",
      nowMs: Date.now(),
    });

  await t.test("enroll() gives an identity whose first heartbeat is accepted", async (t) => {
    const identity = await enrollIn("first", (await tokenOf()).text, "web-1");
    assert.equal(identity.hostName, "web-1");
    assert.equal(identity.agentPort, master.agentPort);
    assert.deepEqual(await loadIdentity(join(dir, "first")), identity);
    const call = callerOf(t, identity);
    const beat = await call("POST", "/swarm/heartbeat", heartbeatBody(identity.hostUuid));
    assert.equal(beat.status, 204);
  });

  await t.test("enroll() of two machines with one token at once: exactly one wins", async () => {
    const { text } = await tokenOf();
    const outcomes = await Promise.allSettled([enrollIn("a", text), enrollIn("b", text)]);
    const lost = outcomes.filter((outcome) => outcome.status === "rejected");
    assert.deepEqual(
      lost.map(({ reason }) => (reason as { code: string }).code),
      ["token-used"],
    );
  });

  await t.test("enroll() says why the master refused, and the token stays good", async () => {
    const { text } = await tokenOf();
    await assert.rejects(enrollIn("c", text, "web-1"), { code: "host-name-taken" });
    await assert.rejects(enrollIn("c", text, "no spaces"), {
      code: "body-invalid",
      message: /host_name/,
    });
    const before = await listOf(master, "/api/v1/hosts");
    assert.equal((await enrollIn("c", text, "web-3")).hostName, "web-3");
    assert.equal((await listOf(master, "/api/v1/hosts")).length, before.length + 1);
  });

  await t.test("enroll() with a revoked token ends in token-unknown", async () => {
    const { id, text } = await tokenOf();
    await callMaster(master, "DELETE", `/api/v1/tokens/${id}`);
    await assert.rejects(enrollIn("d", text), { code: "token-unknown" });
    assert.equal(await loadIdentity(join(dir, "d")), null);
  });
});
