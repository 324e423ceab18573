import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { silentLog } from "../domain/log.ts";
import { createVirtualClock, type VirtualClock } from "../domain/virtual-clock.ts";
import type { DesiredState } from "../wire/desired.ts";
import { openDesiredFile } from "./desired-file.ts";
import { runDesiredLoop } from "./desired-loop.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";

const state = (generation: number): DesiredState => ({ generation, deckies: [] });
const answered = (generation: number): ScriptedAnswer => ({
  status: 200,
  body: JSON.stringify(state(generation)),
});
/** A master that holds the question for 25 s and then has nothing new. */
const held = async (clock: VirtualClock): Promise<ScriptedAnswer> => {
  await clock.sleep(25_000);
  return { status: 304 };
};

function start(
  answer: (index: number, clock: VirtualClock) => ScriptedAnswer | Promise<ScriptedAnswer>,
  options: { last?: DesiredState; save?: () => Promise<void> } = {},
) {
  const clock = createVirtualClock(0);
  const asked: number[] = [];
  const seen: number[] = [];
  const saved: number[] = [];
  const lines: string[] = [];
  const transport = createScriptedTransport((_request, index) => {
    asked.push(clock.nowMs());
    return answer(index, clock);
  });
  const stop = new AbortController();
  const end = runDesiredLoop(
    {
      file: {
        last: options.last ?? null,
        save: async ({ generation }) => {
          await options.save?.();
          saved.push(generation);
        },
      },
      transport,
      clock,
      random: () => 0.5,
      log: { ...silentLog, warn: (line) => lines.push(line) },
      onDesired: ({ generation }) => seen.push(generation),
    },
    stop.signal,
  );
  const tags = () => transport.requests.map((request) => request.headers?.["if-none-match"]);
  return { clock, asked, seen, saved, lines, transport, stop, end, tags };
}

test("the loop asks with what it has, waits with the master, and hands on every new generation once", async () => {
  const { clock, asked, seen, saved, tags, transport } = start((index, clock) => {
    if (index === 0) return answered(3);
    if (index === 1) return held(clock);
    return index === 2 ? answered(4) : held(clock);
  });
  await clock.advance(30_000);
  assert.deepEqual(seen, [3, 4]);
  assert.deepEqual(saved, [3, 4]);
  assert.deepEqual(tags(), [undefined, '"3"', '"3"', '"4"']);
  assert.deepEqual(asked, [0, 0, 25_000, 25_000]);
  assert.equal(transport.requests[0]?.headers?.["prefer"], "wait=25");
});

test("the loop begins with the generation that was saved", async () => {
  const { clock, tags, seen } = start((_index, clock) => held(clock), { last: state(9) });
  await clock.advance(0);
  assert.deepEqual(tags(), ['"9"']);
  assert.deepEqual(seen, []);
});

test("a lower generation is the master's word too: it may have been restored from a backup", async () => {
  const { clock, seen } = start((index, clock) => (index === 0 ? answered(2) : held(clock)), {
    last: state(9),
  });
  await clock.advance(0);
  assert.deepEqual(seen, [2]);
});

test("an answer that is no desired state keeps what is, and is asked for again later", async () => {
  const { clock, seen, lines, asked } = start((index, clock) => {
    if (index < 2) return { status: 200, body: '{"generation":"x"}' };
    return index === 2 ? answered(1) : held(clock);
  });
  await clock.advance(5_000);
  assert.deepEqual(seen, [1]);
  assert.deepEqual(asked.slice(0, 3), [0, 500, 1_500]);
  assert.equal(lines.length, 1);
});

test("a master that does not hold the question is not asked more than once a second", async () => {
  const { clock, asked } = start(() => ({ status: 304 }), { last: state(1) });
  await clock.advance(10_000);
  assert.equal(asked.length, 11);
  const stubborn = start(() => answered(1), { last: state(1) });
  await stubborn.clock.advance(10_000);
  assert.equal(stubborn.asked.length, 11);
  assert.deepEqual(stubborn.seen, []);
});

test("failures back off with jitter up to half a minute", async () => {
  const { clock, asked } = start(() => {
    throw new DecnetError("master-unreachable", "refused");
  });
  await clock.advance(100_000);
  const gaps = asked.slice(1).map((atMs, index) => atMs - (asked[index] ?? 0));
  assert.deepEqual(gaps.slice(0, 7), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});

test("a desired state that cannot be saved is carried out all the same", async () => {
  const { clock, seen, lines } = start(
    (index, clock) => (index === 0 ? answered(3) : held(clock)),
    { save: () => Promise.reject(new Error("ENOSPC: no space left on device")) },
  );
  await clock.advance(0);
  assert.deepEqual(seen, [3]);
  assert.match(lines[0] ?? "", /saving the desired state failed: ENOSPC/);
});

test("'host decommissioned' ends the loop, and so does the signal", async () => {
  const gone = start(() => ({ status: 403, headers: { "decnet-error": "host-decommissioned" } }));
  await gone.clock.advance(0);
  assert.deepEqual(await gone.end, { kind: "decommissioned" });
  const stopped = start(() => ({ status: 503 }));
  await stopped.clock.advance(0);
  stopped.stop.abort();
  assert.deepEqual(await stopped.end, { kind: "stopped" });
});

test("openDesiredFile() reads back what was saved, for its owner's eyes only, and shrugs at garbage", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "decnet-desired-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "desired.json");
  const file = await openDesiredFile(path, silentLog);
  assert.equal(file.last, null);
  await file.save(state(7));
  assert.deepEqual((await openDesiredFile(path, silentLog)).last, state(7));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  writeFileSync(path, readFileSync(path, "utf8").slice(0, 9));
  assert.equal((await openDesiredFile(path, silentLog)).last, null);
});
