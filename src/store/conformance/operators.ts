import assert from "node:assert/strict";
import type { NewOperator, Session, Store } from "../store.ts";
import { apiToken, enroll, everything, type OpenStore, T0 } from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** Who may log in, and the log of who did what. */
export function operatorConformance(open: OpenStore): void {
  const withStore = storeTests(open);

  const admin: NewOperator = { name: "admin", role: "admin", passwordHash: "h1", createdMs: T0 };
  const anna: NewOperator = { ...admin, name: "anna", role: "operator" };
  const session = (operator: string, secretHash = `session of ${operator}`): Session => ({
    secretHash,
    operator,
    csrfToken: "c",
    createdMs: T0,
    expiresMs: T0 + 10,
  });
  const logIn = (store: Store, operator: string, second: null | { step: number } = null) =>
    store.openSession({
      session: session(operator, `${operator} ${second?.step ?? ""}`),
      passwordHash: "h1",
      second: second === null ? null : { kind: "totp", step: second.step },
    });
  const entry = {
    atMs: T0,
    actor: "operator:anna",
    action: "token.create",
    target: "t",
    address: "127.0.0.1",
  };

  withStore("operators are made, listed, changed and deleted", async (store) => {
    assert.equal(await store.createOperator(admin), true);
    assert.equal(await store.createOperator({ ...admin, role: "viewer" }), false, "taken");
    await store.createOperator(anna);
    const listed = await store.listOperators();
    assert.deepEqual(listed, [
      { ...admin, disabledMs: null, hasTotp: false },
      { ...anna, disabledMs: null, hasTotp: false },
    ]);
    const change = { role: "viewer", disabledMs: T0, passwordHash: "h2" } as const;
    assert.deepEqual(await store.changeOperator("anna", change, T0), { kind: "changed" });
    assert.deepEqual(await store.getOperator("anna"), { ...anna, ...change, hasTotp: false });
    assert.equal(await store.countOperators(), 2);
    const unknown = { kind: "refused", code: "operator-not-found" };
    assert.deepEqual(await store.changeOperator("nobody", {}, T0), unknown);
    assert.deepEqual(await store.deleteOperator("nobody", T0), unknown);
    assert.deepEqual(await store.deleteOperator("anna", T0), { kind: "changed" });
    assert.equal(await store.getOperator("anna"), null);
  });

  withStore("the last admin can be neither deleted, disabled nor demoted", async (store) => {
    await store.createOperator(admin);
    await store.createOperator(anna);
    const refused = { kind: "refused", code: "last-admin" };
    assert.deepEqual(await store.deleteOperator("admin", T0), refused);
    assert.deepEqual(await store.changeOperator("admin", { role: "operator" }, T0), refused);
    assert.deepEqual(await store.changeOperator("admin", { disabledMs: T0 }, T0), refused);
    assert.deepEqual(await store.changeOperator("admin", { passwordHash: "h2" }, T0), {
      kind: "changed",
    });
    await store.changeOperator("anna", { role: "admin", disabledMs: T0 }, T0);
    assert.deepEqual(await store.deleteOperator("admin", T0), refused, "a disabled admin is none");
    await store.changeOperator("anna", { disabledMs: null }, T0);
    assert.deepEqual(await store.deleteOperator("admin", T0), { kind: "changed" });
  });

  withStore("a session opens only if all is as it was checked", async (store) => {
    await store.createOperator(admin);
    await store.createOperator(anna);
    assert.equal(await logIn(store, "anna"), true);
    assert.equal(await logIn(store, "nobody"), false);
    const other = { session: session("anna"), passwordHash: "another", second: null };
    assert.equal(await store.openSession(other), false, "the password was changed meanwhile");
    await store.changeOperator("anna", { disabledMs: T0 }, T0);
    assert.equal(await logIn(store, "anna"), false);
  });

  withStore("a session tells its operator's role, and ends with any change", async (store) => {
    await store.createOperator(admin);
    await store.createOperator(anna);
    const opening = { session: session("anna", "s"), passwordHash: "h1", second: null };
    for (const change of [
      { role: "viewer" },
      { passwordHash: "h1" },
      { disabledMs: null },
    ] as const) {
      await store.openSession(opening);
      assert.equal((await store.getSession("s"))?.operator, "anna");
      await store.changeOperator("anna", change, T0);
      assert.equal(await store.getSession("s"), null);
    }
    await store.openSession(opening);
    assert.equal((await store.getSession("s"))?.role, "viewer");
    await store.deleteExpiredSessions(T0 + 10);
    assert.equal(await store.getSession("s"), null);
    await store.openSession(opening);
    await store.deleteSession("s");
    assert.equal(await store.getSession("s"), null);
    await store.openSession(opening);
    await store.deleteOperator("anna", T0);
    assert.equal(await store.getSession("s"), null);
  });

  withStore(
    "a second factor is asked for once it is active, and no code works twice",
    async (store) => {
      await store.createOperator(admin);
      assert.equal(await store.beginTotp("admin", "sealed 1"), true);
      assert.equal(await store.beginTotp("admin", "sealed 2"), true, "begun anew");
      assert.deepEqual(await store.getTotp("admin"), { sealedSecret: "sealed 2", isActive: false });
      assert.equal(await logIn(store, "admin"), true, "not active yet");
      const activation = { operator: "admin", step: 7, recoveryHashes: ["r1", "r2"], nowMs: T0 };
      assert.equal(await store.activateTotp(activation), true);
      assert.equal(await store.activateTotp(activation), false);
      assert.equal(await store.beginTotp("admin", "sealed 3"), false);
      assert.equal((await store.getOperator("admin"))?.hasTotp, true);

      assert.equal(await logIn(store, "admin"), false, "the password alone no longer does");
      assert.equal(await logIn(store, "admin", { step: 7 }), false, "used for the activation");
      assert.equal(await logIn(store, "admin", { step: 6 }), false);
      assert.equal(await logIn(store, "admin", { step: 8 }), true);
      assert.equal(await logIn(store, "admin", { step: 8 }), false);
      const recover = (codeHash: string, secretHash: string) =>
        store.openSession({
          session: session("admin", secretHash),
          passwordHash: "h1",
          second: { kind: "recovery", codeHash },
        });
      assert.equal(await recover("r1", "a"), true);
      assert.equal(await recover("r1", "b"), false);
      assert.equal(await recover("r9", "c"), false);
      assert.equal(await store.dropTotp("admin", T0), true);
      assert.equal(await store.dropTotp("admin", T0), false);
      assert.equal(await recover("r2", "d"), false, "recovery codes go with it");
      assert.equal(
        await store.openSession({
          session: session("admin", "e"),
          passwordHash: "h1",
          second: null,
        }),
        true,
      );
    },
  );

  withStore(
    "API tokens are found by hash, with their owner's role, until they end",
    async (store) => {
      await store.createOperator(admin);
      await store.createOperator(anna);
      const token = apiToken("t1", "anna");
      await store.createApiToken(token, "hash 1");
      await store.createApiToken({ ...token, id: "t2", operator: "admin" }, "hash 2");
      assert.deepEqual(await store.findApiToken("hash 1"), { ...token, role: "operator" });
      assert.equal(await store.findApiToken("t1"), null);
      await store.touchApiToken("t1", T0 + 5);
      assert.deepEqual(await store.listApiTokens("anna"), [{ ...token, lastUsedMs: T0 + 5 }]);
      assert.equal((await store.listApiTokens()).length, 2);
      await store.changeOperator("anna", { disabledMs: T0 }, T0);
      assert.equal(await store.findApiToken("hash 1"), null, "its owner is disabled");
      await store.changeOperator("anna", { disabledMs: null }, T0);
      assert.equal(await store.revokeApiToken("t1", T0 + 6), true);
      assert.equal(await store.revokeApiToken("t1", T0 + 7), false);
      assert.equal(await store.findApiToken("hash 1"), null);
      await store.deleteOperator("anna", T0);
      assert.deepEqual(
        (await store.listApiTokens()).map(({ id }) => id),
        ["t2"],
      );
    },
  );

  withStore("audited() writes deed and row together, and no row of a refusal", async (store) => {
    const newToken = { id: "t", createdBy: "", createdMs: T0, expiresMs: T0 + 1, hostName: null };
    const token = { ...newToken, usedMs: null, usedByHostUuid: null, revokedMs: null };
    await store.audited(entry, () => store.createToken(token, "hash"));
    const [row] = await store.listAudit({ limit: 9 });
    assert.deepEqual({ ...row, hash: "" }, { ...entry, id: 1, outcome: "ok", hash: "" });
    assert.equal(await store.audited(entry, () => store.revokeToken("none", T0)), false);
    assert.equal(await store.audited(entry, () => store.removeDecky("none", T0)), false);
    assert.equal(await store.audited(entry, () => store.decommissionHost("none", T0)), null);
    const refused = await store.audited(entry, () => store.deleteOperator("none", T0));
    assert.equal(refused.kind, "refused");
    assert.equal((await store.listAudit({ limit: 9 })).length, 1);
  });

  withStore("audited() throws where nothing is written, and marks no later call", async (store) => {
    await assert.rejects(
      store.audited(entry, () => store.listHosts()),
      /wrote nothing/,
    );
    await store.createOperator(admin);
    assert.deepEqual(await store.listAudit({ limit: 9 }), []);
  });

  withStore("audited() keeps no deed whose row cannot be written", async (store) => {
    await store.createOperator(admin);
    const before = await everything(store);
    const broken = { ...entry, actor: null as unknown as string };
    await assert.rejects(store.audited(broken, () => store.createOperator(anna)));
    assert.equal(await store.getOperator("anna"), null);
    assert.deepEqual(await everything(store), before);
  });

  withStore("the audit is listed newest first, and filtered", async (store) => {
    const rows = [
      { ...entry, actor: "operator:anna/t1", action: "login" },
      { ...entry, actor: "operator:ann" },
      { ...entry, target: null, action: "token.revoke" },
      { ...entry, actor: "host:u", action: "host.enroll" },
    ];
    for (const row of rows) await store.appendAudit({ ...row, outcome: "ok" });
    const ids = async (query: object) =>
      (await store.listAudit({ limit: 9, ...query })).map(({ id }) => id);
    assert.deepEqual(await ids({}), [4, 3, 2, 1]);
    assert.deepEqual(await ids({ beforeId: 3 }), [2, 1]);
    assert.deepEqual(await ids({ actor: "anna" }), [3, 1], "with what the operator's tokens did");
    assert.deepEqual(await ids({ actor: "host:u" }), [4]);
    assert.deepEqual(await ids({ action: "token" }), [3, 2]);
    assert.deepEqual(await ids({ action: "token.revoke" }), [3]);
    assert.deepEqual(await ids({ target: "t" }), [4, 2, 1]);
    assert.deepEqual(await ids({ actor: "anna'--" }), []);
    await store.appendAudit({ ...entry, outcome: "token-unknown", target: "Other" });
    assert.deepEqual(await ids({ outcome: "refused" }), [5]);
    assert.deepEqual(await ids({ outcome: "token-unknown" }), [5]);
    assert.deepEqual(await ids({ outcome: "ok" }), [4, 3, 2, 1]);
    assert.deepEqual(await ids({ words: ["TOKEN", "anna"] }), [5, 3]);
    assert.deepEqual(await ids({ words: ["other"] }), [5]);
    assert.deepEqual(await ids({ words: ["100%"] }), []);
  });

  withStore("the audit finds the rows of a host by its name", async (store) => {
    await enroll(store, "Berlin", "u1");
    const about = { ...entry, outcome: "ok", action: "host.release" };
    await store.appendAudit({ ...about, target: "u1" });
    await store.appendAudit({ ...about, actor: "host:u1", target: null });
    await store.appendAudit(about);
    const found = await store.listAudit({ limit: 9, words: ["berlin", "host"] });
    assert.deepEqual(
      found.map(({ id }) => id),
      [2, 1],
    );
  });

  withStore("the audit is filtered to its far end, however few rows fit", async (store) => {
    await store.appendAudit({ ...entry, outcome: "first" });
    for (let n = 0; n < 1_201; n += 1) await store.appendAudit({ ...entry, outcome: "ok" });
    const found = await store.listAudit({ limit: 5, outcome: "refused" });
    assert.deepEqual(
      found.map(({ id }) => id),
      [1],
    );
  });

  withStore("the audit is a chain that verifies, up to a head that was noted", async (store) => {
    assert.equal((await store.verifyAudit(null)).kind, "whole");
    for (let n = 0; n < 1_201; n += 1) await store.appendAudit({ ...entry, outcome: `${n}` });
    const head = await store.auditHead();
    await store.appendAudit({ ...entry, outcome: "ok" });
    assert.equal(await store.checkAuditEnd(), null);
    assert.deepEqual(await store.verifyAudit(head), {
      kind: "whole",
      head: await store.auditHead(),
    });
    assert.equal((await store.verifyAudit({ id: 5, hash: head.hash })).kind, "broken");
  });

  withStore("refusals are counted", async (store) => {
    await store.addRefusals(new Map([["host-unknown", 2]]));
    await store.addRefusals(new Map([["host-unknown", 3]]));
    assert.deepEqual(await store.listRefusals(), new Map([["host-unknown", 5]]));
  });
}
