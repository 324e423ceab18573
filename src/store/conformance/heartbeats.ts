import assert from "node:assert/strict";
import { ABSENT_KEPT_MS } from "../../domain/liveness.ts";
import type { Store } from "../store.ts";
import { beat, decky, everything, fingerprint, type OpenStore, reported, T0 } from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** Promises P1 to P6 and P8, as far as they are the store's to keep. */
export function heartbeatConformance(open: OpenStore): void {
  const withStore = storeTests(open, ["a", "b"]);

  const one = async (store: Store, claim: ReturnType<typeof beat>) =>
    (await store.commitHeartbeats([claim]))[0];
  const states = async (store: Store) =>
    Object.fromEntries((await store.listShards()).map((shard) => [shard.name, shard.state]));

  withStore("commitHeartbeats() refreshes the host and its shards", async (store) => {
    const outcome = await one(
      store,
      beat("a", [reported("d1"), reported("d2", { state: "degraded" })]),
    );
    assert.deepEqual(outcome, { kind: "accepted", hostUuid: "a", generation: 0 });
    const host = await store.getHost("a");
    assert.equal(host?.state, "active");
    assert.equal(host.lastSeenMs, T0 + 1000);
    assert.deepEqual(await states(store), { d1: "running", d2: "degraded" });
  });

  withStore("commitHeartbeats() does not read an unchanged body again", async (store) => {
    const claim = beat("a", [reported("d1")]);
    await one(store, claim);
    const head = await store.headSeq();
    const again = { ...claim, arrivedMs: T0 + 31_000, read: () => assert.fail("was read") };
    assert.equal((await one(store, again))?.kind, "accepted");
    assert.equal((await store.getHost("a"))?.lastSeenMs, T0 + 31_000);
    assert.equal(await store.headSeq(), head, "time alone is no change");
  });

  withStore(
    "commitHeartbeats() takes in alike what is taken for new and what is not",
    async (store) => {
      const live = async (host: string, isNew: boolean) => {
        const running = [reported(`${host}1`), reported(`${host}2`)];
        const degraded = [reported(`${host}1`, { state: "degraded" }), reported(`${host}2`)];
        const told = [];
        for (const [sequence, deckies] of [running, degraded, degraded, degraded, []].entries()) {
          // The fourth comes once more, late.
          const place = { boot: 1, sequence: sequence === 3 ? 2 : sequence + 1 };
          const claim = beat(host, deckies, { ...place, isNew, arrivedMs: T0 + sequence });
          const { kind } = (await one(store, claim)) ?? { kind: "none" };
          const shards = (await store.listShards(host)).map(({ state, changedMs }) => [
            state,
            changedMs,
          ]);
          told.push([kind, shards, (await store.getHost(host))?.sequence]);
        }
        return told;
      };
      assert.deepEqual(await live("a", true), await live("b", false));
    },
  );

  withStore("P1: a host decommissioned in the same instant gets no ghost shard", async (store) => {
    const beats = Array.from({ length: 20 }, (_, n) => beat("a", [reported(`d${n}`)]));
    await Promise.all([
      ...beats.slice(0, 10).map((claim) => store.commitHeartbeats([claim])),
      store.decommissionHost("a", T0 + 1000),
      ...beats.slice(10).map((claim) => store.commitHeartbeats([claim])),
    ]);
    assert.deepEqual(await store.listShards(), []);
    assert.equal((await store.getHost("a"))?.state, "decommissioned");
  });

  withStore(
    "P2: a decky of another host is refused for that decky alone, and shown",
    async (store) => {
      await one(store, beat("a", [reported("shared")]));
      const outcome = await one(store, beat("b", [reported("shared"), reported("own")]));
      assert.equal(outcome?.kind, "accepted");
      assert.equal((await store.getShard("shared"))?.hostUuid, "a");
      assert.equal((await store.getShard("own"))?.hostUuid, "b");
      const [problem] = await store.listProblems("b");
      assert.equal(problem?.kind, "conflict");
      assert.equal(problem.decky, "shared");
      assert.match(problem.detail, /host a/);
    },
  );

  withStore(
    "P2: a name is free again once its shard is absent or its host decommissioned",
    async (store) => {
      const claim = beat("b", [reported("shared")]);
      await one(store, beat("a", [reported("shared")]));
      await one(store, claim);
      await one(store, beat("a", []));
      await one(store, claim);
      assert.equal((await store.getShard("shared"))?.hostUuid, "b", "absent frees the name");
      assert.deepEqual(await store.listProblems("b"), []);
      const back = beat("a", [reported("shared")]);
      await one(store, back);
      await store.decommissionHost("b", T0 + 2000);
      await one(store, back);
      assert.equal((await store.getShard("shared"))?.hostUuid, "a", "a tombstone frees the name");
    },
  );

  withStore("P2: an assigned decky belongs to its host, whoever reports it", async (store) => {
    await store.addDecky(decky("d1", "a"));
    await one(store, beat("b", [reported("d1")]));
    assert.equal((await store.getShard("d1"))?.hostUuid, "a");
    assert.equal((await store.getShard("d1"))?.state, "pending");
    assert.equal((await store.listProblems("b")).length, 1);
  });

  withStore(
    "P3: a tombstone refuses for ever, whatever boot and certificate come",
    async (store) => {
      await one(store, beat("a", [reported("d1")]));
      await store.decommissionHost("a", T0 + 2000);
      const before = await everything(store);
      const claim = beat("a", [reported("d1")], { boot: 99, sequence: 1 });
      assert.deepEqual(await one(store, claim), { kind: "refused", code: "host-decommissioned" });
      assert.deepEqual(await one(store, { ...claim, fingerprint: fingerprint("b") }), {
        kind: "refused",
        code: "certificate-mismatch",
      });
      assert.deepEqual(await everything(store), before);
      assert.equal((await store.findPin(fingerprint("a")))?.slot, "retired");
      assert.deepEqual(await store.listPins("a"), [
        { fingerprint: fingerprint("a"), slot: "retired" },
      ]);
    },
  );

  withStore("P4: a refused heartbeat writes nothing", async (store) => {
    await one(store, beat("a", [reported("d1")], { boot: 2, sequence: 5 }));
    const before = await everything(store);
    const claim = beat("a", [reported("d2")]);
    const cases = [
      [{ ...claim, fingerprint: fingerprint("b") }, "certificate-mismatch"],
      [{ ...claim, fingerprint: fingerprint("nobody") }, "certificate-mismatch"],
      [{ ...beat("nobody", []), fingerprint: fingerprint("a") }, "host-unknown"],
      [{ ...claim, boot: 2, sequence: 4 }, "heartbeat-stale"],
      [{ ...claim, boot: 1, sequence: 900 }, "heartbeat-stale"],
      [
        { ...claim, read: () => ({ kind: "unreadable", code: "body-invalid" }) as const },
        "body-invalid",
      ],
      [{ ...claim, read: () => ({ kind: "omitted" }) as const }, "status-unknown"],
    ] as const;
    for (const [refusedClaim, code] of cases) {
      const outcome = await one(store, refusedClaim);
      assert.equal(outcome?.kind === "refused" && outcome.code, code);
      assert.deepEqual(await everything(store), before, code);
    }
  });

  withStore(
    "P5: a late one never overwrites a newer one, within a batch or after it",
    async (store) => {
      const at = (boot: number, sequence: number, name: string) =>
        beat("a", [reported(name)], { boot, sequence, bodyDigest: name });
      const outcomes = await store.commitHeartbeats([at(1, 2, "new"), at(1, 1, "late")]);
      assert.deepEqual(
        outcomes.map((outcome) => outcome.kind),
        ["accepted", "refused"],
      );
      assert.deepEqual(await states(store), { new: "running" });
      await one(store, at(2, 1, "newest"));
      const late = await one(store, at(1, 99, "late"));
      assert.deepEqual(late, { kind: "refused", code: "heartbeat-stale", boot: 2 });
      assert.deepEqual(await states(store), { new: "absent", newest: "running" });
    },
  );

  withStore("P5: the same one once more is accepted and changes nothing", async (store) => {
    const claim = beat("a", [reported("d1")], { boot: 1, sequence: 1 });
    await one(store, claim);
    const before = await everything(store);
    assert.equal((await one(store, { ...claim, arrivedMs: T0 + 9000 }))?.kind, "accepted");
    assert.deepEqual(await everything(store), before);
  });

  withStore("P5: agents that send no place are ordered by arrival", async (store) => {
    await one(store, beat("a", [reported("d1")]));
    await one(store, beat("a", [reported("d2")]));
    assert.deepEqual(await states(store), { d1: "absent", d2: "running" });
  });

  withStore(
    "P6: a decky no longer listed is absent, comes back, and is purged a day later",
    async (store) => {
      const both = beat("a", [reported("d1"), reported("d2")]);
      await one(store, both);
      await one(store, beat("a", [reported("d1")]));
      assert.deepEqual(await states(store), { d1: "running", d2: "absent" });
      await one(store, both);
      assert.deepEqual(await states(store), { d1: "running", d2: "running" });
      await one(store, beat("a", [], { arrivedMs: T0 + 5000 }));
      assert.deepEqual(await states(store), { d1: "absent", d2: "absent" });
      const dayLater = T0 + 5000 + ABSENT_KEPT_MS;
      const sweep = { nowMs: dayLater, silentBeforeMs: null };
      await store.sweep({ ...sweep, purgeBeforeMs: dayLater - ABSENT_KEPT_MS });
      assert.equal((await store.listShards()).length, 2, "kept for the whole day");
      await store.sweep({ ...sweep, purgeBeforeMs: dayLater - ABSENT_KEPT_MS + 1 });
      assert.deepEqual(await store.listShards(), []);
    },
  );

  withStore("P7: sweep() marks the host that was not heard, and it alone", async (store) => {
    await one(store, beat("a", [reported("d1")], { arrivedMs: T0 }));
    await one(store, beat("b", [], { arrivedMs: T0 + 50_000 }));
    const swept = await store.sweep({
      nowMs: T0 + 80_000,
      silentBeforeMs: T0 + 5000,
      purgeBeforeMs: 0,
    });
    assert.deepEqual(swept, { silenced: ["a"], purged: 0 });
    assert.equal((await store.getHost("a"))?.silentSinceMs, T0);
    assert.equal((await store.getHost("b"))?.state, "active");
    await one(store, beat("a", [reported("d1")], { arrivedMs: T0 + 90_000 }));
    const back = await store.getHost("a");
    assert.equal(back?.state, "active");
    assert.equal(back.silentSinceMs, null);
  });

  withStore(
    "leaveHost() shows the host as silent at once, until its next heartbeat",
    async (store) => {
      const claim = beat("a", [reported("d1")], { arrivedMs: T0 + 7 });
      await one(store, claim);
      const leave = { fingerprint: fingerprint("a"), nowMs: T0 + 9 };
      assert.deepEqual(await store.leaveHost(leave), { kind: "left" });
      assert.equal((await store.getHost("a"))?.silentSinceMs, T0 + 7);
      await one(store, claim);
      assert.equal((await store.getHost("a"))?.state, "active");
      const refused = await store.leaveHost({ ...leave, fingerprint: fingerprint("nobody") });
      assert.deepEqual(refused, { kind: "refused", code: "certificate-mismatch" });
    },
  );

  withStore("a malformed decky is skipped and shown, its siblings are kept", async (store) => {
    const claim = beat("a", [reported("d1")], { malformed: ["broken"] });
    const outcome = await one(store, claim);
    assert.equal(outcome?.kind === "accepted" && outcome.problems?.length, 1);
    const again = await one(store, { ...claim, arrivedMs: T0 + 2000, bodyDigest: "other" });
    assert.equal(again?.kind === "accepted" && again.problems, undefined, "told once");
    assert.deepEqual(await states(store), { d1: "running" });
    assert.deepEqual(
      (await store.listProblems()).map(({ kind, decky: name }) => [kind, name]),
      [["malformed", "broken"]],
    );
    await one(store, beat("a", [reported("d1")]));
    assert.deepEqual(await store.listProblems(), []);
  });

  withStore("a decky listed twice counts once", async (store) => {
    await one(store, beat("a", [reported("d1"), reported("d1", { state: "degraded" })]));
    assert.deepEqual(await states(store), { d1: "running" });
    assert.equal((await store.listProblems())[0]?.detail, "listed twice");
  });

  withStore("lastSeenMs never decreases", async (store) => {
    const claim = beat("a", [reported("d1")]);
    await one(store, { ...claim, arrivedMs: T0 + 50_000 });
    await one(store, { ...claim, arrivedMs: T0 + 10_000 });
    await one(store, beat("a", [], { arrivedMs: T0 + 20_000 }));
    assert.equal((await store.getHost("a"))?.lastSeenMs, T0 + 50_000);
  });
}
