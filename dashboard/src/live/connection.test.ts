import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionParts, keepConnected, SILENCE_MS, type StreamPhase } from "./connection.ts";

const HELLO = 'event: hello\ndata: {"nowMs":1,"seq":2}\n\n';

/** A master that answers when told to, and timers that run when told to. */
function setUp() {
  const opened: { answer: (response: Response | Error) => void; signal: AbortSignal }[] = [];
  const timers = new Set<{ ms: number; callback: () => void }>();
  const phases: StreamPhase[] = [];
  const messages: string[] = [];
  let unauthorized = 0;
  let nowMs = 1000;
  const parts: ConnectionParts = {
    open: (signal) =>
      new Promise((resolve, reject) => {
        const answer = (response: Response | Error) =>
          response instanceof Error ? reject(response) : resolve(response);
        signal.addEventListener("abort", () => answer(new Error("aborted")));
        opened.push({ answer, signal });
      }),
    onMessage: (message) => void messages.push(message.name),
    onPhase: (phase) => void phases.push(phase),
    onUnauthorized: () => {
      unauthorized += 1;
    },
    nowMs: () => nowMs,
    after: (ms, callback) => {
      const timer = { ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    random: () => 0,
  };
  return {
    parts,
    opened,
    timers,
    phases,
    messages,
    unauthorized: () => unauthorized,
    setNow: (ms: number) => {
      nowMs = ms;
    },
    /** Runs the one timer that is set. */
    fire() {
      const [timer, ...others] = timers;
      assert.ok(timer !== undefined && others.length === 0, "expected one timer");
      timers.delete(timer);
      timer.callback();
      return timer.ms;
    },
  };
}

/** A stream that is fed by hand. */
function fed() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start: (started) => {
      controller = started;
    },
  });
  return {
    response: new Response(body),
    send: (text: string) => controller?.enqueue(new TextEncoder().encode(text)),
    end: () => controller?.close(),
  };
}

/** Until everything that was promised has been done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("keepConnected() is live from the first hello on", async () => {
  const world = setUp();
  const connection = keepConnected(world.parts);
  assert.deepEqual(world.phases, [{ kind: "connecting" }]);
  const stream = fed();
  world.opened[0]?.answer(stream.response);
  await settled();
  assert.equal(world.phases.length, 1);
  stream.send(HELLO);
  await settled();
  assert.deepEqual(world.phases.at(-1), { kind: "live" });
  assert.deepEqual(world.messages, ["hello"]);
  connection.close();
});

test("keepConnected() says at once that the stream is lost, since when, and tries again later and later", async () => {
  const world = setUp();
  const connection = keepConnected(world.parts);
  const stream = fed();
  world.opened[0]?.answer(stream.response);
  stream.send(HELLO);
  await settled();
  world.setNow(5000);
  stream.end();
  await settled();
  assert.deepEqual(world.phases.at(-1), { kind: "lost", sinceMs: 5000, attempts: 0 });
  const waits: number[] = [];
  for (let tries = 1; tries <= 6; tries += 1) {
    waits.push(world.fire());
    await settled();
    world.opened[tries]?.answer(new Error("refused"));
    await settled();
  }
  assert.deepEqual(waits, [250, 500, 1000, 2000, 2500, 2500]);
  assert.deepEqual(world.phases.at(-1), { kind: "lost", sinceMs: 5000, attempts: 6 });
  connection.close();
});

test("keepConnected() gives a line up that has been dead for too long, comments being life", async () => {
  const world = setUp();
  const connection = keepConnected(world.parts);
  const stream = fed();
  world.opened[0]?.answer(stream.response);
  stream.send(HELLO);
  await settled();
  const before = [...world.timers];
  stream.send(": keep-alive\n\n");
  await settled();
  assert.notDeepEqual([...world.timers], before, "a comment did not count");
  assert.equal(world.fire(), SILENCE_MS);
  await settled();
  assert.equal(world.phases.at(-1)?.kind, "lost");
  connection.close();
});

test("keepConnected() stops for good when the session has ended", async () => {
  const world = setUp();
  keepConnected(world.parts);
  world.opened[0]?.answer(new Response(null, { status: 401 }));
  await settled();
  assert.equal(world.unauthorized(), 1);
  assert.equal(world.timers.size, 0);
  assert.equal(world.opened.length, 1);
});

test("Connection.hurry() tries at once, and close() ends everything", async () => {
  const world = setUp();
  const connection = keepConnected(world.parts);
  world.opened[0]?.answer(new Error("refused"));
  await settled();
  connection.hurry();
  await settled();
  assert.equal(world.opened.length, 2);
  connection.close();
  await settled();
  assert.equal(world.opened[1]?.signal.aborted, true);
  assert.equal(world.timers.size, 0);
});
