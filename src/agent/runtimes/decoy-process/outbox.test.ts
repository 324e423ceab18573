import assert from "node:assert/strict";
import { test } from "node:test";
import { createOutbox } from "./outbox.ts";

test("an outbox shuts its gate above high water and opens it when half are taken", () => {
  const taken: (() => void)[] = [];
  const sent: number[] = [];
  const outbox = createOutbox<number>((message, done) => {
    sent.push(message);
    taken.push(done);
  }, 4);
  let opened = 0;
  let emptied = 0;
  for (let message = 1; message <= 4; message += 1) outbox.post(message);
  assert.equal(outbox.gate.shut, false);
  outbox.post(5);
  assert.equal(outbox.gate.shut, true);
  outbox.gate.whenOpen(() => (opened += 1));
  outbox.whenEmpty(() => (emptied += 1));
  taken.shift()?.();
  taken.shift()?.();
  assert.equal(outbox.gate.shut, true);
  taken.shift()?.();
  assert.equal(outbox.gate.shut, false);
  assert.equal(opened, 1);
  assert.equal(emptied, 0);
  taken.shift()?.();
  taken.shift()?.();
  assert.equal(emptied, 1);
  assert.deepEqual(sent, [1, 2, 3, 4, 5]);
});

test("an outbox whose gate is open calls back at once", () => {
  const outbox = createOutbox<number>((_message, taken) => taken(), 1);
  let calls = 0;
  outbox.post(1);
  outbox.gate.whenOpen(() => (calls += 1));
  outbox.whenEmpty(() => (calls += 1));
  assert.equal(calls, 2);
});
