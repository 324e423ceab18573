import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { silentLog } from "../domain/log.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { StoreUnavailable } from "../store/store.ts";
import { createLive, type LiveMessage } from "./live.ts";
import { createManualClock } from "./operator-plane/manual-clock.ts";
import { addToken } from "./operator-plane/open-for-test.ts";

function openLive(t: TestContext) {
  const store = openSqliteStore(":memory:");
  const clock = createManualClock(1_800_000_000_000);
  const live = createLive({ store, clock, log: silentLog });
  t.after(async () => {
    live.close();
    await store.close();
  });
  return { store, clock, live };
}

/** Collects messages, and waits for them. */
function createInbox(takes: (message: LiveMessage) => boolean = () => true) {
  const told: string[] = [];
  const messages: LiveMessage[] = [];
  let wake = () => {};
  return {
    told,
    messages,
    send: (message: LiveMessage) => {
      messages.push(message);
      const { event, change } = message;
      told.push(change === null ? event : `${event} ${change.seq}`);
      wake();
      return takes(message);
    },
    async until(count: number) {
      while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return told;
    },
  };
}

/** Until all that was set off has run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("createLive() brings late and early subscribers to the same place, in order", async (t) => {
  const { store, live } = openLive(t);
  for (let n = 1; n <= 3; n += 1) await addToken(store, `host-${n}`);
  const [fromStart, fromHead] = [createInbox(), createInbox()];
  live.subscribe(0, fromStart.send);
  live.subscribe(null, fromHead.send);
  await fromStart.until(4);
  await fromHead.until(1);
  await addToken(store, "host-4");
  await settled();
  assert.deepEqual(fromStart.told, ["hello", "change 1", "change 2", "change 3", "change 4"]);
  assert.deepEqual(fromHead.told, ["hello", "change 4"]);
  assert.equal(fromHead.messages[1], fromStart.messages[4], "a change is framed once for all");
});

test("createLive() cuts a consumer that takes no more, and nobody else", async (t) => {
  const { store, live } = openLive(t);
  const slow = createInbox(({ event }) => event !== "change");
  const quick = createInbox();
  live.subscribe(null, slow.send);
  live.subscribe(null, quick.send);
  await quick.until(1);
  for (let n = 1; n <= 3; n += 1) await addToken(store, `host-${n}`);
  await quick.until(4);
  assert.deepEqual(slow.told, ["hello", "change 1"]);
});

test("createLive() tells who stopped nothing more", async (t) => {
  const { store, live } = openLive(t);
  const [gone, here] = [createInbox(), createInbox()];
  const stop = live.subscribe(null, gone.send);
  live.subscribe(null, here.send);
  await gone.until(1);
  stop();
  stop();
  await addToken(store, "host-1");
  await here.until(2);
  assert.deepEqual(gone.told, ["hello"]);
});

test("createLive() reads on, with nothing lost, after the store failed", async (t) => {
  const { store, clock, live } = openLive(t);
  const inbox = createInbox();
  live.subscribe(null, inbox.send);
  await inbox.until(1);
  const failing = t.mock.method(store, "changesAfter", () => {
    throw new StoreUnavailable("disk full");
  });
  await settled();
  const before = inbox.told.length;
  await addToken(store, "host-1");
  await settled();
  assert.equal(inbox.told.length, before);
  failing.mock.restore();
  clock.advance(1_000);
  assert.deepEqual(await inbox.until(2), ["hello", "change 1"]);
});

test("counted() is told at most once a second, beside what was seen", async (t) => {
  const { clock, live } = openLive(t);
  const inbox = createInbox();
  live.counted();
  assert.equal(clock.sleepers(), 0, "it costs nothing while nobody listens");
  live.subscribe(null, inbox.send);
  await inbox.until(1);
  for (let n = 0; n < 3; n += 1) live.counted();
  clock.advance(1_000);
  assert.deepEqual(await inbox.until(2), ["hello", "status"]);
  live.seen("a", 1);
  live.counted();
  await settled();
  clock.advance(1_000);
  assert.deepEqual(await inbox.until(4), ["hello", "status", "seen", "status"]);
});

test("seen() is told at most once a second, with the latest of each host", async (t) => {
  const { clock, live } = openLive(t);
  const inbox = createInbox();
  live.seen("a", 1);
  assert.equal(clock.sleepers(), 0, "it costs nothing while nobody listens");
  live.subscribe(null, inbox.send);
  await inbox.until(1);
  for (const [uuid, atMs] of [
    ["a", 2],
    ["b", 3],
    ["a", 4],
  ] as const)
    live.seen(uuid, atMs);
  clock.advance(999);
  await settled();
  assert.deepEqual(inbox.told, ["hello"]);
  clock.advance(1);
  await inbox.until(2);
  assert.deepEqual(JSON.parse(inbox.messages[1]?.json ?? ""), {
    nowMs: clock.nowMs(),
    hosts: { a: 4, b: 3 },
  });
  live.seen("a", 5);
  await settled();
  assert.equal(inbox.told.length, 2);
  clock.advance(1_000);
  assert.deepEqual(await inbox.until(3), ["hello", "seen", "seen"]);
});
