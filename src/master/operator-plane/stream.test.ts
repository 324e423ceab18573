import assert from "node:assert/strict";
import { test } from "node:test";
import { addToken, codeOf, enroll, fingerprintOf, openForTest } from "./open-for-test.ts";
import { openStream } from "./stream-for-test.ts";

test("the stream says hello, then tells each change with its seq as id", async (t) => {
  const { local, store } = await openForTest(t);
  const stream = await openStream(local);
  assert.match(stream.response.headers["content-type"] ?? "", /^text\/event-stream/);
  assert.equal(stream.response.headers["cache-control"], "no-store");
  const hello = await stream.next();
  const head = await store.headSeq();
  assert.deepEqual([hello?.event, hello?.id, hello?.data.seq], ["hello", null, head]);
  const uuid = await enroll(store, "branch-7");
  for (const [topic, seq] of [
    ["token", head + 1],
    ["token", head + 2],
    ["host", head + 3],
  ] as const) {
    const { event, id, data } = (await stream.next()) ?? assert.fail("the stream ended");
    assert.deepEqual(
      [event, id, data.topic, data.key, data.seq],
      ["change", seq, topic, uuid, seq],
    );
  }
  stream.close();
});

test("Last-Event-ID wins over since, and neither repeats nor leaves out a change", async (t) => {
  const { local, store } = await openForTest(t);
  const head = await store.headSeq();
  for (let n = 0; n < 5; n += 1) await addToken(store, `token-${n}`);
  const stream = await openStream(local, "?since=0", { "last-event-id": `${head + 3}` });
  assert.equal((await stream.next())?.event, "hello");
  assert.equal((await stream.next())?.id, head + 4);
  assert.equal((await stream.next())?.id, head + 5);
  stream.close();
});

test("a place beyond the journal or before its oldest row is answered with reset", async (t) => {
  const { local, store } = await openForTest(t);
  for (let n = 0; n < 5; n += 1) await addToken(store, `token-${n}`);
  await store.trimChanges(2);
  const head = await store.headSeq();
  for (const since of [1, 99]) {
    const stream = await openStream(local, `?since=${since}`);
    assert.equal((await stream.next())?.event, "hello");
    const reset = await stream.next();
    assert.deepEqual([reset?.event, reset?.data.seq], ["reset", head], `since=${since}`);
    stream.close();
  }
});

test("a malformed place is refused by name", async (t) => {
  const { local } = await openForTest(t);
  const query = await local.call("GET", "/api/v1/stream?since=x");
  const header = await local.call("GET", "/api/v1/stream", { headers: { "last-event-id": "-1" } });
  for (const answer of [query, header]) {
    assert.equal(answer.status, 422);
    assert.equal(codeOf(answer), "request-invalid");
  }
});

test("reconnecting streams lose nothing and repeat nothing while changes keep coming", async (t) => {
  const plane = await openForTest(t);
  const CHANGES = 400;
  const head = await plane.store.headSeq();
  const last = head + CHANGES;
  let writing = true;
  const writer = (async () => {
    for (let n = 0; n < CHANGES; n += 1) {
      await addToken(plane.store, `token-${n}`);
      // Lets the sockets have their turn in between.
      await new Promise((resolve) => setImmediate(resolve));
    }
    writing = false;
  })();

  async function follow(breakEvery: number): Promise<{ seqs: number[]; connections: number }> {
    const seqs: number[] = [];
    let connections = 0;
    while ((seqs.at(-1) ?? head) < last) {
      const headers = { "last-event-id": String(seqs.at(-1) ?? head) };
      const stream = await openStream(plane.local, "", headers);
      connections += 1;
      assert.equal((await stream.next())?.event, "hello");
      for (let taken = 0; taken < breakEvery && (seqs.at(-1) ?? head) < last; taken += 1) {
        const message = await stream.next();
        assert.equal(message?.event, "change");
        seqs.push(message?.id ?? -1);
      }
      stream.close();
    }
    return { seqs, connections };
  }

  const followers = await Promise.all([follow(3), follow(7), follow(50), follow(CHANGES)]);
  await writer;
  assert.equal(writing, false);
  const all = Array.from({ length: CHANGES }, (_, n) => head + n + 1);
  for (const { seqs } of followers) assert.deepEqual(seqs, all);
  assert.ok((followers[0]?.connections ?? 0) >= 100);
});

test("a list and a stream opened from its seq together miss nothing", async (t) => {
  const { local, store } = await openForTest(t);
  const uuids: string[] = [];
  const writer = (async () => {
    for (let n = 0; n < 50; n += 1) {
      uuids.push(await enroll(store, `host-${n}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const list = (await local.call("GET", "/api/v1/hosts")).json as {
    items: { uuid: string }[];
    seq: number;
  };
  const stream = await openStream(local, `?since=${list.seq}`);
  await writer;
  const known = new Set(list.items.map(({ uuid }) => uuid));
  for await (const { event, data } of stream.messages) {
    if (event !== "change" || data.topic !== "host") continue;
    known.add(data.key ?? "");
    if (data.key === uuids.at(-1)) break;
  }
  assert.deepEqual(known, new Set(uuids));
});

test("a stream ends when its session is logged out, at the next keep-alive", async (t) => {
  const plane = await openForTest(t);
  const client = await plane.logIn();
  const stream = await openStream(client);
  assert.equal((await stream.next())?.event, "hello");
  plane.clock.advance(15_000);
  assert.equal((await stream.next())?.event, "comment");
  await client.call("DELETE", "/api/v1/session");
  plane.clock.advance(15_000);
  const logout = await stream.next();
  assert.deepEqual([logout?.data.topic, logout?.data.body?.action], ["audit", "logout"]);
  assert.equal(await stream.next(), undefined);
});

test("a stream ends when its session expires", async (t) => {
  const plane = await openForTest(t);
  const stream = await openStream(await plane.logIn());
  assert.equal((await stream.next())?.event, "hello");
  plane.clock.advance(12 * 3_600_000);
  assert.equal(await stream.next(), undefined);
});

test("streams beyond the cap are refused for a while, and closed ones make room", async (t) => {
  const { local, clock } = await openForTest(t);
  const streams = await Promise.all(Array.from({ length: 200 }, () => openStream(local)));
  await Promise.all(streams.map(({ next }) => next()));
  const refused = await local.call("GET", "/api/v1/stream");
  assert.equal(refused.status, 503);
  assert.equal(codeOf(refused), "overloaded");
  assert.equal(refused.headers["retry-after"], "5");
  for (const { close } of streams) close();
  while (clock.sleepers() > 0) await new Promise((resolve) => setImmediate(resolve));
  const stream = await openStream(local);
  assert.equal((await stream.next())?.event, "hello");
  stream.close();
});

test("a client that does not read is cut before it costs memory, and others go on", async (t) => {
  const { local, store, clock } = await openForTest(t);
  const hostUuid = await enroll(store, "branch-7");
  await local.call("POST", "/api/v1/deckies", { body: { host: "branch-7", name: "web-1" } });
  const quick = await openStream(local);
  assert.equal((await quick.next())?.event, "hello");
  const stuck = await local.open("GET", "/api/v1/stream");
  assert.equal(clock.sleepers(), 2);
  const line = "x".repeat(100_000);
  for (let n = 10; n < 50; n += 1) {
    const event = {
      event_id: `01890000-0000-7000-8000-0000000000${n}`,
      kind: "ssh.command" as const,
      host_uuid: hostUuid,
      decky: "web-1",
      service: "ssh",
      session: "s",
      src_ip: "192.0.2.1",
      src_port: 4242,
      dst_ip: "127.1.5.1",
      dst_port: 22,
      at: "2027-01-15T08:00:00.000Z",
      data: { line },
    };
    const fingerprint = fingerprintOf(hostUuid);
    await store.appendEvents({ fingerprint, nowMs: clock.nowMs(), events: [event] });
    assert.equal((await quick.next())?.data.topic, "event");
  }
  assert.equal(clock.sleepers(), 1, "only the stream that reads is left");
  stuck.destroy();
  quick.close();
});
