import assert from "node:assert/strict";
import { test } from "node:test";
import { enroll, everything, fingerprint, type OpenStore, T0 } from "./fixture.ts";

/** What hosts said of the authorities that they trust. */
export function trustConformance(open: OpenStore): void {
  test("noteTrust() keeps what a host said last, and promotes the certificate that says it", async () => {
    const store = await open();
    await enroll(store, "a");
    const { hostUuid } = await noted(store, "a", ["old"]);
    assert.deepEqual(await store.listTrust(), [{ hostUuid, authority: "A", trusted: ["old"] }]);
    const next = {
      fingerprint: fingerprint("a2"),
      publicKey: "key",
      certificatePem: "certificate",
      notAfterMs: T0 + 2e9,
    };
    await store.renewHost({ fingerprint: fingerprint("a"), nowMs: T0, next });
    await noted(store, "a2", ["new", "old"]);
    assert.deepEqual(await store.listTrust(), [
      { hostUuid, authority: "A", trusted: ["new", "old"] },
    ]);
    assert.equal((await store.getHost(hostUuid))?.fingerprint, next.fingerprint);
    await store.close();
  });

  test("P11: noteTrust() is in the journal when a host says something new", async () => {
    const store = await open();
    await enroll(store, "a");
    const head = await store.headSeq();
    for (const trusted of [["old"], ["old"], ["new", "old"]]) await noted(store, "a", trusted);
    const changes = (await store.changesAfter(head, 10)) ?? [];
    assert.deepEqual(
      changes.map(({ topic, key }) => [topic, key]),
      [
        ["trust", "a"],
        ["trust", "a"],
      ],
    );
    await store.close();
  });

  test("noteTrust() refuses strangers and tombstones, and writes nothing then", async () => {
    const store = await open();
    await enroll(store, "a");
    const { hostUuid } = await noted(store, "a", ["old"]);
    await store.decommissionHost(hostUuid, T0);
    const before = [await everything(store), await store.listTrust()];
    for (const [of, code] of [
      ["a", "host-decommissioned"],
      ["nobody", "certificate-mismatch"],
    ] as const) {
      const outcome = await store.noteTrust(claim(of, ["new"]));
      assert.deepEqual(outcome, { kind: "refused", code });
    }
    assert.deepEqual([await everything(store), await store.listTrust()], before);
    await store.close();
  });
}

const claim = (of: string, trusted: readonly string[]) => ({
  fingerprint: fingerprint(of),
  nowMs: T0,
  authority: "A",
  trusted,
});

async function noted(
  store: Awaited<ReturnType<OpenStore>>,
  of: string,
  trusted: readonly string[],
): Promise<{ readonly hostUuid: string }> {
  const outcome = await store.noteTrust(claim(of, trusted));
  if (outcome.kind !== "noted") throw new Error(outcome.code);
  return outcome;
}
