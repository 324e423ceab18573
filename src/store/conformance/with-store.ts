import { test } from "node:test";
import type { Store } from "../store.ts";
import { enroll, type OpenStore } from "./fixture.ts";

/** Makes tests that each get a store of their own, in which `hosts` are enrolled. */
export function storeTests(open: OpenStore, hosts: readonly string[] = []) {
  return (title: string, work: (store: Store) => Promise<void>) =>
    test(title, async () => {
      const store = await open();
      try {
        for (const host of hosts) await enroll(store, host);
        await work(store);
      } finally {
        await store.close();
      }
    });
}
