import assert from "node:assert/strict";
import type { HeartbeatClaim, Store } from "../store.ts";
import { beat, decky, event, everything, type OpenStore, reported, T0 } from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** Promise P10, as far as it is the store's to keep; domain/lineage.ts has the cases one by one. */
export function lineageConformance(open: OpenStore): void {
  const withStore = storeTests(open, ["a", "b"]);

  const say = async (store: Store, ...place: [number, number, string | null, string]) => {
    const [outcome] = await store.commitHeartbeats([at(...place)]);
    return outcome?.kind === "refused" ? outcome.code : outcome?.kind;
  };
  const at = (
    boot: number | null,
    sequence: number | null,
    echo: string | null,
    nonce: string,
    over: Partial<HeartbeatClaim> = {},
  ) => beat("a", [reported("d1")], { boot, sequence, echo, nonce, bodyDigest: "d1", ...over });
  const state = async (store: Store) => (await store.getHost("a"))?.state;
  const alarms = async (store: Store) => (await store.listAlarms()).map(({ kind }) => kind);

  /** Two copies at boot 1; both were heard, the one with `n3` displaced the one with `n2`. */
  async function bothLive(store: Store): Promise<void> {
    await say(store, 1, 1, null, "n1");
    await say(store, 1, 2, "n1", "n2");
    assert.equal(await say(store, 2, 1, "n1", "n3"), "accepted");
  }

  withStore("commitHeartbeats() goes on with a lineage without reading the body", async (store) => {
    await say(store, 1, 1, null, "n1");
    const unread = { read: () => assert.fail("was read") };
    const outcomes = await store.commitHeartbeats([
      at(1, 2, "n1", "n2", unread),
      at(1, 3, "n2", "n3", unread),
    ]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["accepted", "accepted"],
    );
  });

  withStore("commitHeartbeats() takes a beat after a lost answer, and restarts", async (store) => {
    await say(store, 1, 1, null, "n1");
    await say(store, 1, 2, "n1", "n2");
    assert.equal(await say(store, 1, 3, "n1", "n3"), "accepted", "n2 never arrived");
    assert.equal(await say(store, 2, 1, "n1", "n4"), "accepted", "nor n3, and it restarted");
    assert.equal(await say(store, 2, 2, "n4", "n5"), "accepted");
    assert.equal(await say(store, 3, 1, null, "n6"), "accepted", "its file was lost");
    assert.equal(await say(store, 3, 2, "n6", "n7"), "accepted");
    assert.deepEqual(await alarms(store), []);
  });

  withStore("commitHeartbeats() gives a repeated beat no second nonce", async (store) => {
    await say(store, 1, 1, null, "n1");
    const [first] = await store.commitHeartbeats([at(1, 2, "n1", "n2")]);
    const [again] = await store.commitHeartbeats([at(1, 2, "n1", "n3")]);
    assert.equal(first?.kind === "accepted" && first.repeated, undefined);
    assert.equal(again?.kind === "accepted" && again.repeated, true);
    assert.equal(await say(store, 1, 3, "n2", "n4"), "accepted");
  });

  withStore("P10: two live copies are quarantined, and their host alone", async (store) => {
    await store.addDecky(decky("d1", "a"));
    await store.commitHeartbeats([beat("b", [reported("d2")])]);
    await bothLive(store);
    const others = async () => (await everything(store)) as { shards: unknown; deckies: unknown };
    const before = await others();
    const seen = await store.headSeq();
    const claim = at(3, 1, "n2", "n4", { address: "10.0.0.2", arrivedMs: T0 + 5000 });
    const [outcome] = await store.commitHeartbeats([claim]);
    assert.deepEqual(outcome, { kind: "refused", code: "host-quarantined", quarantined: "a" });

    const host = await store.getHost("a");
    assert.equal(host?.state, "quarantined");
    assert.equal(host.quarantinedMs, T0 + 5000);
    assert.match(host.quarantineReason ?? "", /127\.0\.0\.1.*10\.0\.0\.2/);
    assert.equal(host.lastSeenMs, T0 + 1000, "what proved it does not count as heard");
    assert.equal((await store.getHost("b"))?.state, "active");
    const after = await others();
    assert.deepEqual(after.shards, before.shards, "its deckies stay shown");
    assert.deepEqual(after.deckies, before.deckies);
    assert.deepEqual(await alarms(store), ["clone"]);
    const changes = await store.changesAfter(seen, 10);
    assert.deepEqual(changes?.map(({ topic }) => topic).toSorted(), ["alarm", "audit", "host"]);
    const [row] = await store.listAudit({ limit: 1 });
    assert.deepEqual(
      [row?.action, row?.target, row?.address],
      ["host.quarantine", "a", "10.0.0.2"],
    );
  });

  withStore("P10: all that a quarantined host writes is refused", async (store) => {
    await bothLive(store);
    await say(store, 3, 1, "n2", "n4");
    const before = await everything(store);
    assert.equal(await say(store, 3, 2, "n3", "n5"), "host-quarantined", "of either copy");
    assert.equal(await say(store, 9, 1, null, "n6"), "host-quarantined");
    const { fingerprint } = at(1, 1, null, "");
    const nowMs = T0 + 6000;
    const events = await store.appendEvents({ fingerprint, nowMs, events: [event(1, "a", "d1")] });
    assert.deepEqual(events, { kind: "refused", code: "host-quarantined" });
    const left = await store.leaveHost({ fingerprint, nowMs });
    assert.deepEqual(left, { kind: "refused", code: "host-quarantined" });
    assert.deepEqual(await everything(store), before);
  });

  withStore("P10: what is late never brings a quarantine, whatever it echoes", async (store) => {
    await bothLive(store);
    const before = await everything(store);
    assert.equal(await say(store, 1, 3, "n2", "n4"), "heartbeat-stale");
    assert.equal(await say(store, 2, 1, "n2", "n5"), "heartbeat-stale");
    assert.deepEqual(await everything(store), before);
  });

  withStore("P10: a restored snapshot goes on, and is told of once", async (store) => {
    for (const n of [1, 2, 3, 4]) await say(store, 1, n, n === 1 ? null : `n${n - 1}`, `n${n}`);
    assert.equal(await say(store, 1, 3, "n2", "n5"), "heartbeat-stale");
    assert.equal(await say(store, 2, 1, "n2", "n6"), "accepted");
    assert.equal(await say(store, 2, 2, "n6", "n7"), "accepted");
    assert.equal(await state(store), "active");
    assert.deepEqual(await alarms(store), ["restored"]);
  });

  withStore("P10: whoever drops place and echo is not let by for it", async (store) => {
    await say(store, 1, 1, null, "n1");
    await say(store, 1, 2, "n1", "n2");
    await store.commitHeartbeats([at(null, null, null, "n3")]);
    assert.deepEqual(await alarms(store), ["restored"]);
    assert.equal(await say(store, 1, 3, "n2", "n4"), "host-quarantined");
  });

  withStore("P10: no certificate but the host's own can bring a quarantine", async (store) => {
    await bothLive(store);
    const before = await everything(store);
    for (const host of ["b", "nobody"]) {
      const { fingerprint } = beat(host, []);
      const [outcome] = await store.commitHeartbeats([at(3, 1, "n2", "n4", { fingerprint })]);
      assert.deepEqual(outcome, { kind: "refused", code: "certificate-mismatch" });
    }
    assert.deepEqual(await everything(store), before);
  });

  withStore("P10: a copy is not rid of the one that it displaced by renewing", async (store) => {
    await bothLive(store);
    const next = {
      fingerprint: "n".repeat(64),
      publicKey: "key",
      certificatePem: "certificate",
      notAfterMs: T0 + 2e9,
    };
    const { fingerprint } = at(1, 1, null, "");
    await store.renewHost({ fingerprint, nowMs: T0 + 2000, next });
    const claim = at(2, 2, "n3", "n4", { fingerprint: next.fingerprint });
    assert.equal((await store.commitHeartbeats([claim]))[0]?.kind, "accepted");

    const before = await everything(store);
    assert.equal(await say(store, 1, 3, "n1", "n5"), "certificate-mismatch", "this may be old");
    assert.equal(await say(store, 9, 1, null, "n5"), "certificate-mismatch");
    assert.deepEqual(await everything(store), before);
    assert.equal(await say(store, 1, 3, "n2", "n5"), "host-quarantined", "this is not");
    assert.equal(await state(store), "quarantined");
    assert.equal(await say(store, 1, 3, "n2", "n5"), "certificate-mismatch", "and is no news");
  });

  withStore("releaseHost() lets whichever copy beats next go on, and it alone", async (store) => {
    await bothLive(store);
    await say(store, 3, 1, "n2", "n4");
    assert.deepEqual(await store.releaseHost("a", T0 + 9000), { kind: "released" });
    const host = await store.getHost("a");
    assert.deepEqual([host?.state, host?.quarantinedMs], ["silent", null]);
    assert.equal(host?.quarantineReason, null);
    assert.equal(host?.boot, 2, "what is late stays late");
    assert.equal(await say(store, 1, 3, "n2", "n5"), "heartbeat-stale");

    assert.equal(await say(store, 2, 2, "n3", "n6"), "accepted");
    assert.equal(await say(store, 2, 3, "n6", "n7"), "accepted");
    assert.equal(await state(store), "active");
    assert.equal(await say(store, 3, 1, "n2", "n8"), "accepted", "the other one is there yet");
    assert.equal(await say(store, 4, 1, "n7", "n9"), "host-quarantined");
    assert.equal((await alarms(store)).filter((kind) => kind === "clone").length, 1);
  });

  withStore("releaseHost() refuses what is not quarantined", async (store) => {
    const refused = (code: string) => ({ kind: "refused", code });
    assert.deepEqual(await store.releaseHost("nobody", T0), refused("host-not-found"));
    assert.deepEqual(await store.releaseHost("a", T0), refused("host-not-quarantined"));
    await bothLive(store);
    await say(store, 3, 1, "n2", "n4");
    await store.decommissionHost("a", T0);
    assert.deepEqual(await store.releaseHost("a", T0), refused("host-not-quarantined"));
    const gone = await store.getHost("a");
    assert.deepEqual([gone?.state, gone?.quarantinedMs], ["decommissioned", null]);
  });
}
