import assert from "node:assert/strict";
import type { ChangeBody } from "../../domain/change.ts";
import type { ApiToken, JoinToken, NewOperator, Store } from "../store.ts";
import {
  apiToken,
  beat,
  enroll,
  event,
  fingerprint,
  type OpenStore,
  reported,
  T0,
} from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** The journal: that it has every change, once and in order. */
export function journalConformance(open: OpenStore): void {
  const withStore = storeTests(open);
  /** What was written while `work` ran, without its numbers. */
  const written = async (store: Store, work: () => Promise<unknown>): Promise<ChangeBody[]> => {
    const head = await store.headSeq();
    await work();
    const changes = (await store.changesAfter(head, 100)) ?? assert.fail("it does not reach back");
    return changes.map(({ seq: _seq, atMs: _atMs, ...change }) => change);
  };
  const { passwordHash, ...account } = {
    name: "anna",
    role: "operator",
    passwordHash: "h1",
    createdMs: T0,
  } as const satisfies NewOperator;
  const anna: NewOperator = { ...account, passwordHash };

  withStore(
    "P11: changesAfter() gives every change once, in order, with its body as it was",
    async (store) => {
      let wakes = 0;
      const stop = store.onChange(() => {
        wakes += 1;
      });
      await enroll(store, "a");
      await store.commitHeartbeats([beat("a", [reported("d1")])]);
      const head = await store.headSeq();
      await store.commitHeartbeats([beat("a", [reported("d1", { state: "degraded" })])]);
      await store.commitHeartbeats([beat("a", [reported("d1")])]);
      await store.appendEvents({
        fingerprint: fingerprint("a"),
        nowMs: T0,
        events: [event(1, "a", "d1")],
      });
      const changes = (await store.changesAfter(head, 100)) ?? [];
      assert.deepEqual(
        changes.map((change) => (change.topic === "shard" ? change.body.state : change.topic)),
        ["degraded", "running", "event"],
      );
      assert.deepEqual(
        changes.map(({ seq }) => seq),
        [head + 1, head + 2, head + 3],
      );
      assert.equal(wakes, 6);
      stop();
      await store.decommissionHost("a", T0);
      assert.equal(wakes, 6);
      const page = await store.changesAfter(0, 2);
      assert.deepEqual(
        page?.map(({ seq }) => seq),
        [1, 2],
      );
    },
  );

  withStore("changesAfter() says when it cannot reach back, or was never there", async (store) => {
    await enroll(store, "a");
    for (let n = 0; n < 10; n += 1) await store.commitHeartbeats([beat("a", [reported(`d${n}`)])]);
    const head = await store.headSeq();
    assert.deepEqual(await store.changesAfter(head, 10), []);
    assert.equal(await store.changesAfter(head + 1, 10), null);
    await store.trimChanges(3);
    assert.equal(await store.changesAfter(head - 4, 10), null);
    assert.equal((await store.changesAfter(head - 3, 10))?.length, 3);
    await store.trimChanges(0);
    assert.deepEqual(await store.changesAfter(head, 10), [], "the head stays");
  });

  withStore("P11: a join token is in the journal when made, used and revoked", async (store) => {
    const token: JoinToken = {
      id: "t1",
      createdMs: T0,
      createdBy: "operator:anna",
      expiresMs: T0 + 60_000,
      hostName: "a",
      usedMs: null,
      usedByHostUuid: null,
      revokedMs: null,
    };
    const told = (body: JoinToken) => ({ topic: "token", key: body.id, body });
    const make = (id: string) => store.createToken({ ...token, id }, `hash ${id}`);
    assert.deepEqual(await written(store, () => make("t1")), [told(token)]);
    const enrollment = {
      secretHash: "hash t1",
      nowMs: T0 + 1,
      uuid: "u",
      name: "a",
      address: "127.0.0.1",
      agentVersion: null,
      fingerprint: fingerprint("a"),
      certificateNotAfterMs: T0 + 9,
    };
    const [used, host] = await written(store, () => store.enrollHost(enrollment));
    assert.deepEqual(used, told({ ...token, usedMs: T0 + 1, usedByHostUuid: "u" }));
    assert.equal(host?.topic, "host");
    assert.deepEqual(await written(store, () => store.enrollHost(enrollment)), [], "refused");
    await make("t2");
    const revoke = () => store.revokeToken("t2", T0 + 2);
    assert.deepEqual(await written(store, revoke), [
      told({ ...token, id: "t2", revokedMs: T0 + 2 }),
    ]);
    assert.deepEqual(await written(store, revoke), [], "revoked before");
  });

  withStore("P11: an API token is in the journal until its operator goes", async (store) => {
    await store.createOperator({ ...anna, name: "admin", role: "admin" });
    await store.createOperator(anna);
    const token = apiToken("t1", "anna");
    const told = (body: ApiToken) => ({ topic: "api-token", key: "t1", body });
    const make = () => store.createApiToken(token, "hash");
    assert.deepEqual(await written(store, make), [told(token)]);
    const use = () => store.touchApiToken("t1", T0 + 1);
    assert.deepEqual(await written(store, use), [told({ ...token, lastUsedMs: T0 + 1 })]);
    const revoke = () => store.revokeApiToken("t1", T0 + 2);
    const revoked = { ...token, lastUsedMs: T0 + 1, revokedMs: T0 + 2 };
    assert.deepEqual(await written(store, revoke), [told(revoked)]);
    assert.deepEqual(await written(store, revoke), [], "revoked before");
    assert.deepEqual(await written(store, () => store.deleteOperator("anna", T0)), [
      { topic: "api-token-removed", key: "t1", body: { operator: "anna" } },
      { topic: "operator-removed", key: "anna", body: null },
    ]);
  });

  withStore("P11: an operator is in the journal, and never a password's hash", async (store) => {
    await store.createOperator({ ...anna, name: "admin", role: "admin" });
    const told = (over: object) => ({
      topic: "operator",
      key: "anna",
      body: { ...account, disabledMs: null, hasTotp: false, ...over },
    });
    assert.deepEqual(await written(store, () => store.createOperator(anna)), [told({})]);
    assert.deepEqual(await written(store, () => store.createOperator(anna)), [], "taken");
    const change = () => store.changeOperator("anna", { disabledMs: T0, passwordHash: "h2" }, T0);
    assert.deepEqual(await written(store, change), [told({ disabledMs: T0 })]);
    await store.beginTotp("anna", "sealed");
    const activation = { operator: "anna", step: 7, recoveryHashes: [], nowMs: T0 };
    const activate = () => store.activateTotp(activation);
    assert.deepEqual(await written(store, activate), [told({ disabledMs: T0, hasTotp: true })]);
    const drop = () => store.dropTotp("anna", T0);
    assert.deepEqual(await written(store, drop), [told({ disabledMs: T0 })]);
    assert.deepEqual(await written(store, drop), [], "there was none");
  });

  withStore("P11: each row of the audit is in the journal, behind its deed", async (store) => {
    const entry = { atMs: T0, actor: "system", action: "a.b", target: null, address: null };
    const changes = await written(store, async () => {
      await store.audited(entry, () => store.createOperator(anna));
      await store.appendAudit({ ...entry, outcome: "no" });
    });
    const [second, first] = await store.listAudit({ limit: 2 });
    assert.deepEqual(changes.slice(1), [
      { topic: "audit", key: "1", body: first },
      { topic: "audit", key: "2", body: second },
    ]);
    assert.equal(changes[0]?.topic, "operator");
  });
}
