import assert from "node:assert/strict";
import type { JoinToken, Store } from "../store.ts";
import {
  beat,
  decky,
  enroll,
  event,
  everything,
  fingerprint,
  type OpenStore,
  reported,
  T0,
} from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** Tokens, enrollment, desired state, events. */
export function lifecycleConformance(open: OpenStore): void {
  const withStore = storeTests(open);
  const states = async (store: Store) =>
    Object.fromEntries((await store.listShards()).map((shard) => [shard.name, shard.state]));

  const token = (id: string, over: Partial<JoinToken> = {}): JoinToken => ({
    id,
    createdMs: T0,
    createdBy: "test",
    expiresMs: T0 + 60_000,
    hostName: null,
    usedMs: null,
    usedByHostUuid: null,
    revokedMs: null,
    ...over,
  });
  const enrollment = (secretHash: string, name: string) => ({
    secretHash,
    nowMs: T0,
    uuid: `uuid of ${name}`,
    name,
    address: "127.0.0.1",
    agentVersion: "1.0",
    fingerprint: fingerprint(name),
    certificateNotAfterMs: T0 + 1e9,
  });

  withStore("enrollHost() uses a token once, however many come at once", async (store) => {
    await store.createToken(token("t"), "hash");
    const outcomes = await Promise.all(
      ["x", "y", "z"].map((name) => store.enrollHost(enrollment("hash", name))),
    );
    assert.deepEqual(
      outcomes
        .map((outcome) => (outcome.kind === "refused" ? outcome.code : outcome.kind))
        .toSorted(),
      ["enrolled", "token-used", "token-used"],
    );
    assert.equal((await store.listHosts()).length, 1);
    assert.equal((await store.listTokens())[0]?.usedMs, T0);
  });

  withStore(
    "enrollHost() refuses an unknown, revoked or expired token and a taken name",
    async (store) => {
      await enroll(store, "taken");
      await store.createToken(token("r"), "revoked");
      assert.equal(await store.revokeToken("r", T0), true);
      assert.equal(await store.revokeToken("r", T0), false);
      await store.createToken(token("e", { expiresMs: T0 }), "expired");
      await store.createToken(token("g"), "good");
      const before = await everything(store);
      const code = async (secretHash: string, name: string) => {
        const outcome = await store.enrollHost(enrollment(secretHash, name));
        return outcome.kind === "refused" && outcome.code;
      };
      assert.equal(await code("nothing", "n"), "token-unknown");
      assert.equal(await code("revoked", "n"), "token-unknown");
      assert.equal(await code("expired", "n"), "token-expired");
      assert.equal(await code("good", "taken"), "host-name-taken");
      assert.deepEqual(await everything(store), before, "the good token is still good");
    },
  );

  withStore(
    "decommissionHost() keeps uuid, name and certificate, and frees the name",
    async (store) => {
      await enroll(store, "a");
      await store.addDecky(decky("d1", "a"));
      assert.deepEqual(await store.decommissionHost("a", T0), { already: false });
      assert.deepEqual(await store.decommissionHost("a", T0), { already: true });
      assert.equal(await store.decommissionHost("nobody", T0), null);
      assert.deepEqual(await store.listHosts(), []);
      assert.equal((await store.listHosts({ decommissioned: true }))[0]?.name, "a");
      assert.deepEqual([await store.listDeckies(), await store.listShards()], [[], []]);
      await store.createToken(token("t"), "hash");
      const again = await store.enrollHost(enrollment("hash", "a2"));
      assert.equal(again.kind, "enrolled");
      await store.createToken(token("t2"), "hash2");
      const sameName = await store.enrollHost({ ...enrollment("hash2", "b"), name: "a" });
      assert.equal(sameName.kind, "enrolled");
    },
  );

  withStore(
    "addDecky() is pending until reported, stopping once removed, then gone",
    async (store) => {
      await enroll(store, "a");
      assert.deepEqual(await store.addDecky(decky("d1", "a")), { kind: "added", generation: 1 });
      await store.commitHeartbeats([beat("a", [])]);
      assert.deepEqual(await states(store), { d1: "pending" });
      assert.deepEqual(await store.countShards(), [
        { state: "pending", hostState: "active", count: 1 },
      ]);
      await store.commitHeartbeats([beat("a", [reported("d1")])]);
      assert.deepEqual(await states(store), { d1: "running" });
      assert.equal((await store.getShard("d1"))?.assigned, true);
      assert.equal(await store.removeDecky("d1", T0), true);
      assert.equal(await store.removeDecky("d1", T0), false);
      await store.commitHeartbeats([beat("a", [reported("d1")])]);
      assert.deepEqual(await states(store), { d1: "stopping" });
      await store.commitHeartbeats([beat("a", [])]);
      assert.deepEqual(await states(store), {});
      assert.equal((await store.getHost("a"))?.generation, 2);
    },
  );

  withStore("addDecky() refuses a taken name or address and an unusable host", async (store) => {
    await enroll(store, "a");
    await enroll(store, "b");
    await store.addDecky(decky("d1", "a", { ip: "127.9.9.9" }));
    await store.commitHeartbeats([beat("b", [reported("seen")])]);
    await enroll(store, "gone");
    await store.decommissionHost("gone", T0);
    const before = await everything(store);
    const code = async (name: string, host: string, ip: string) => {
      const outcome = await store.addDecky(decky(name, host, { ip }));
      return outcome.kind === "refused" && outcome.code;
    };
    assert.equal(await code("d1", "b", "127.9.9.1"), "decky-name-taken");
    assert.equal(await code("seen", "a", "127.9.9.1"), "decky-name-taken");
    assert.equal(await code("d2", "a", "127.9.9.9"), "decky-address-taken");
    assert.equal(await code("d2", "nobody", "127.9.9.1"), "host-not-found");
    assert.equal(await code("d2", "gone", "127.9.9.1"), "host-not-usable");
    assert.deepEqual(await everything(store), before);
  });

  withStore(
    "appendEvents() stores each event once and refuses what is another's",
    async (store) => {
      await enroll(store, "a");
      await enroll(store, "b");
      await store.commitHeartbeats([beat("a", [reported("d1")]), beat("b", [reported("d2")])]);
      const batch = { fingerprint: fingerprint("a"), nowMs: T0 };
      const events = [event(1, "a", "d1"), event(2, "a", "d1")];
      assert.deepEqual(await store.appendEvents({ ...batch, events }), {
        kind: "accepted",
        stored: 2,
        duplicates: 0,
        refused: [],
      });
      const foreign = [event(3, "a", "d2"), event(4, "b", "d1"), event(5, "a", "removed long ago")];
      assert.deepEqual(await store.appendEvents({ ...batch, events: [...events, ...foreign] }), {
        kind: "accepted",
        stored: 1,
        duplicates: 2,
        refused: [event(3, "a", "").event_id, event(4, "a", "").event_id],
      });
      const newest = await store.listEvents({ limit: 2 });
      assert.deepEqual(
        newest.map(({ event_id }) => event_id),
        [event(5, "a", "").event_id, event(2, "a", "").event_id],
      );
      assert.equal((await store.listEvents({ limit: 9, decky: "d1" })).length, 2);
      await store.decommissionHost("a", T0);
      assert.deepEqual(await store.appendEvents({ ...batch, events: [event(9, "a", "d1")] }), {
        kind: "refused",
        code: "host-decommissioned",
      });
      assert.equal(await store.countEvents(), 3, "events outlive their host");
    },
  );
}
