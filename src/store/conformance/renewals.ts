import assert from "node:assert/strict";
import { isRenewalOverdue, RECOVERY_WINDOW_MS } from "../../domain/renewal.ts";
import type { IssuedPin, Store } from "../store.ts";
import { beat, event, everything, fingerprint, type OpenStore, reported, T0 } from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** Two slots of certificates, and recovery of what ran out. */
export function renewalConformance(open: OpenStore): void {
  const withStore = storeTests(open, ["a", "b"]);

  const DAY_MS = 86_400_000;
  const EXPIRED_MS = T0 + 1e9 + 1000;
  const pin = (label: string, over: Partial<IssuedPin> = {}): IssuedPin => ({
    fingerprint: fingerprint(label),
    publicKey: `key of ${label}`,
    certificatePem: `certificate ${label}`,
    notAfterMs: T0 + 2e9,
    ...over,
  });
  const slots = async (store: Store, host = "a") =>
    Object.fromEntries(
      (await store.listPins(host)).map((pin) => [
        Buffer.from(pin.fingerprint.replace(/(00)+$/, ""), "hex").toString(),
        pin.slot,
      ]),
    );
  const renew = (store: Store, by: string, next: IssuedPin, nowMs = T0 + 5) =>
    store.renewHost({ fingerprint: fingerprint(by), nowMs, next });
  const speak = async (store: Store, by: string, body = "x") =>
    (
      await store.commitHeartbeats([
        beat("a", [reported("d1")], { fingerprint: fingerprint(by), bodyDigest: body }),
      ])
    )[0];
  const bounds = { most: 2, withinMs: 30 * DAY_MS };
  const recover = (store: Store, next: IssuedPin, nowMs: number, proven = "a", host = "a") =>
    store.recoverHost({ hostUuid: host, fingerprint: fingerprint(proven), nowMs, bounds, next });

  withStore(
    "renewHost() pins the next certificate and leaves the current one in place",
    async (store) => {
      const pinned = await renew(store, "a", pin("n"));
      assert.deepEqual(pinned, {
        kind: "pinned",
        hostUuid: "a",
        certificatePem: "certificate n",
        again: false,
      });
      assert.deepEqual(await slots(store), { a: "current", n: "next" });
      const host = await store.getHost("a");
      assert.equal(host?.fingerprint, fingerprint("a"));
      assert.equal(host.nextFingerprint, fingerprint("n"));
      assert.equal(host.lastRenewalMs, null);
      assert.equal((await speak(store, "a"))?.kind, "accepted", "current still speaks");
      assert.deepEqual(await slots(store), { a: "current", n: "next" });
    },
  );

  const uses: Readonly<
    Record<string, (store: Store) => Promise<{ readonly kind: string } | undefined>>
  > = {
    "a heartbeat": (store) => speak(store, "n"),
    "a repeated heartbeat": async (store) => {
      await speak(store, "a", "same");
      const claim = beat("a", [reported("d1")], { boot: 1, sequence: 1, bodyDigest: "same" });
      await store.commitHeartbeats([claim]);
      return (await store.commitHeartbeats([{ ...claim, fingerprint: fingerprint("n") }]))[0];
    },
    "a batch of events": (store) =>
      store.appendEvents({
        fingerprint: fingerprint("n"),
        nowMs: T0 + 9,
        events: [event(1, "a", "d1")],
      }),
    "a leave": (store) => store.leaveHost({ fingerprint: fingerprint("n"), nowMs: T0 + 9 }),
    "a question": (store) => store.promotePin({ fingerprint: fingerprint("n"), nowMs: T0 + 9 }),
    "another renewal": (store) => renew(store, "n", pin("m"), T0 + 9),
  };
  for (const [what, use] of Object.entries(uses)) {
    withStore(
      `next becomes current with ${what}, and only then current is retired`,
      async (store) => {
        await renew(store, "a", pin("n"));
        const outcome = await use(store);
        assert.notEqual(outcome?.kind, "refused");
        const { a, n } = await slots(store);
        assert.deepEqual([a, n], ["retired", "current"]);
        const host = await store.getHost("a");
        assert.equal(host?.fingerprint, fingerprint("n"));
        assert.equal(host.certificateNotAfterMs, T0 + 2e9);
        assert.equal(host.certificateSinceMs, T0 + 5);
        assert.notEqual(host.lastRenewalMs, null);
        assert.equal(host.nextFingerprint, what === "another renewal" ? fingerprint("m") : null);
        const before = await everything(store);
        assert.deepEqual(await speak(store, "a"), {
          kind: "refused",
          code: "certificate-mismatch",
        });
        assert.deepEqual(await everything(store), before);
        const claim = beat("a", [], { fingerprint: fingerprint("n"), arrivedMs: T0 + 5000 });
        await store.commitHeartbeats([claim]);
        const touch = { ...claim, arrivedMs: T0 + 6000, read: () => assert.fail("was read") };
        assert.equal((await store.commitHeartbeats([touch]))[0]?.kind, "accepted", "the short way");
      },
    );
  }

  withStore("a heartbeat that is refused promotes nothing", async (store) => {
    await store.commitHeartbeats([beat("a", [], { boot: 5, sequence: 5 })]);
    await renew(store, "a", pin("n"));
    const before = await everything(store);
    const late = beat("a", [], { boot: 4, sequence: 1, fingerprint: fingerprint("n") });
    const unread = {
      ...late,
      boot: 6,
      bodyDigest: "?",
      read: () => ({ kind: "omitted" }) as const,
    };
    const foreign = { ...beat("b", []), fingerprint: fingerprint("n") };
    const outcomes = await store.commitHeartbeats([late, unread, foreign]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.kind === "refused" && outcome.code),
      ["heartbeat-stale", "status-unknown", "certificate-mismatch"],
    );
    assert.deepEqual(await everything(store), before);
    assert.deepEqual(await slots(store), { a: "current", n: "next" });
  });

  withStore("renewHost() answers the same key with the same certificate", async (store) => {
    await renew(store, "a", pin("n"));
    const head = await store.headSeq();
    const again = await renew(store, "a", pin("other", { publicKey: "key of n" }));
    assert.equal(again.kind === "pinned" && again.certificatePem, "certificate n");
    assert.equal(again.kind === "pinned" && again.again, true);
    assert.equal(await store.headSeq(), head);
    const old = await renew(store, "a", pin("late", { publicKey: "key of n" }), T0 + 15e8);
    assert.equal(
      old.kind === "pinned" && old.certificatePem,
      "certificate late",
      "too old to keep",
    );
  });

  withStore("a next certificate that was replaced before it spoke never speaks", async (store) => {
    await renew(store, "a", pin("n"));
    await renew(store, "a", pin("m"));
    assert.deepEqual(await slots(store), { a: "current", n: "retired", m: "next" });
    assert.deepEqual(await speak(store, "n"), { kind: "refused", code: "certificate-mismatch" });
    assert.equal((await speak(store, "m"))?.kind, "accepted");
    assert.deepEqual(await slots(store), { a: "retired", n: "retired", m: "current" });
  });

  withStore(
    "renewHost() refuses a stranger, the retired, a tombstone and the same key",
    async (store) => {
      await renew(store, "a", pin("n"));
      await speak(store, "n");
      await store.decommissionHost("b", T0);
      const before = await everything(store);
      const code = async (by: string, next = pin("x")) => {
        const outcome = await renew(store, by, next);
        return outcome.kind === "refused" && outcome.code;
      };
      assert.equal(await code("nobody"), "certificate-mismatch");
      assert.equal(await code("a"), "certificate-mismatch");
      assert.equal(await code("b"), "host-decommissioned");
      assert.equal(await code("n", pin("x", { publicKey: "key of n" })), "key-not-new");
      assert.deepEqual(await everything(store), before);
      assert.deepEqual(await slots(store), { a: "retired", n: "current" });
    },
  );

  withStore(
    "a quarantined host neither renews nor recovers, nor is its next promoted",
    async (store) => {
      await renew(store, "a", pin("n"));
      const at = (boot: number, sequence: number, echo: string | null, nonce: string) =>
        beat("a", [], { boot, sequence, echo, nonce });
      await store.commitHeartbeats([
        at(1, 1, null, "n1"),
        at(1, 2, "n1", "n2"),
        at(2, 1, "n1", "n3"),
        at(3, 1, "n2", "n4"),
      ]);
      assert.equal((await store.getHost("a"))?.state, "quarantined");
      const before = await everything(store);
      const refused = { kind: "refused", code: "host-quarantined" };
      assert.deepEqual(await renew(store, "a", pin("x")), refused);
      assert.deepEqual(await recover(store, pin("x"), EXPIRED_MS), refused);
      const use = { fingerprint: fingerprint("n"), nowMs: T0 + 9 };
      assert.deepEqual(await store.promotePin(use), refused);
      assert.deepEqual(await everything(store), before);
      assert.deepEqual(await slots(store), { a: "current", n: "next" });
      assert.deepEqual(await store.listRenewalsOverdue(T0 + 9e8), [await store.getHost("b")]);
    },
  );

  withStore("decommissionHost() retires the next certificate, too", async (store) => {
    await renew(store, "a", pin("n"));
    await store.decommissionHost("a", T0 + 9);
    assert.deepEqual(await slots(store), { a: "retired", n: "retired" });
    assert.equal((await store.getHost("a"))?.nextFingerprint, null);
    assert.deepEqual(await speak(store, "n"), { kind: "refused", code: "host-decommissioned" });
  });

  withStore("findPinnedKey() gives the key of the current certificate", async (store) => {
    assert.equal(await store.findPinnedKey("a"), null, "pinned without its key");
    assert.equal(await store.findPinnedKey("nobody"), null);
    await renew(store, "a", pin("n"));
    await speak(store, "n");
    const key = { fingerprint: fingerprint("n"), publicKey: "key of n" };
    assert.deepEqual(await store.findPinnedKey("a"), key);
    await store.decommissionHost("a", T0 + 9);
    assert.deepEqual(await store.findPinnedKey("a"), key, "a tombstone's last");
  });

  withStore("recoverHost() pins a next certificate once the current one ran out", async (store) => {
    const before = await everything(store);
    assert.deepEqual(await recover(store, pin("n"), EXPIRED_MS - 1), {
      kind: "refused",
      code: "certificate-still-valid",
    });
    assert.deepEqual(await everything(store), before);
    const fresh = pin("n", { notAfterMs: EXPIRED_MS + DAY_MS });
    assert.equal((await recover(store, fresh, EXPIRED_MS)).kind, "pinned");
    const again = await recover(store, { ...fresh, fingerprint: fingerprint("x") }, EXPIRED_MS + 9);
    assert.equal(again.kind === "pinned" && again.certificatePem, "certificate n", "a repeat");
    assert.equal((await speak(store, "n"))?.kind, "accepted");
    assert.deepEqual(await slots(store), { a: "retired", n: "current" });
    assert.equal((await store.getHost("a"))?.certificateNotAfterMs, EXPIRED_MS + DAY_MS);
  });

  withStore("recoverHost() counts, and forgets what is long past", async (store) => {
    const code = async (label: string, nowMs: number) => {
      const outcome = await recover(store, pin(label, { notAfterMs: nowMs + DAY_MS }), nowMs);
      return outcome.kind === "refused" ? outcome.code : outcome.again;
    };
    assert.equal(await code("n1", EXPIRED_MS), false);
    assert.equal(await code("n2", EXPIRED_MS + 1), false);
    assert.equal(await code("n2", EXPIRED_MS + 2), true, "a repeat is not counted, nor refused");
    assert.equal(await code("n3", EXPIRED_MS + 3), "recovery-refused");
    assert.equal(await code("n3", EXPIRED_MS + 30 * DAY_MS), "recovery-refused", "too long ago");
    const wide = { most: 2, withinMs: 90 * DAY_MS };
    const later = await store.recoverHost({
      hostUuid: "a",
      fingerprint: fingerprint("a"),
      nowMs: EXPIRED_MS + RECOVERY_WINDOW_MS + 1,
      bounds: wide,
      next: pin("n4"),
    });
    assert.equal(later.kind, "pinned");
  });

  withStore(
    "recoverHost() refuses a tombstone and a certificate no longer current",
    async (store) => {
      await renew(store, "a", pin("n"));
      await speak(store, "n");
      await store.decommissionHost("b", T0 + 9);
      const before = await everything(store);
      const code = async (host: string, proven: string, bound = bounds) => {
        const outcome = await store.recoverHost({
          hostUuid: host,
          fingerprint: fingerprint(proven),
          nowMs: T0 + 2e9 + 1000,
          bounds: bound,
          next: pin("x"),
        });
        return outcome.kind === "refused" && outcome.code;
      };
      assert.equal(await code("b", "b"), "host-decommissioned");
      assert.equal(await code("a", "a"), "recovery-refused");
      assert.equal(await code("nobody", "a"), "recovery-refused");
      assert.equal(await code("a", "n", { most: 0, withinMs: DAY_MS }), "recovery-refused");
      assert.equal(await code("a", "n", { most: 3, withinMs: 0 }), "recovery-refused");
      assert.deepEqual(await everything(store), before);
    },
  );

  withStore(
    "listRenewalsOverdue() names who is past two thirds of its certificate's life",
    async (store) => {
      await store.decommissionHost("b", T0);
      const dueMs = T0 + Math.ceil((2 * 1e9) / 3);
      for (const nowMs of [dueMs - 2, dueMs, dueMs + 2]) {
        const overdue = await store.listRenewalsOverdue(nowMs);
        const life = { sinceMs: T0, notAfterMs: T0 + 1e9 };
        assert.equal(overdue.length === 1, isRenewalOverdue(life, nowMs));
      }
      assert.equal((await store.listRenewalsOverdue(dueMs))[0]?.uuid, "a");
    },
  );
}
