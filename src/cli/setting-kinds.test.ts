import assert from "node:assert/strict";
import { test } from "node:test";
import { duration, durationText, host } from "./setting-kinds.ts";

test("duration() takes a unit, and only within its bounds", () => {
  const kind = duration(1000, 604_800_000);
  assert.deepEqual(
    ["90s", "15m", "2h", "7d", "999ms", "8d", "90", "1.5h", "", " 5s", 5000].map((raw) =>
      kind.parse(raw),
    ),
    [90_000, 900_000, 7_200_000, 604_800_000, null, null, null, null, null, null, null],
  );
});

test("durationText() states a duration so that duration() reads the same", () => {
  const kind = duration(0, Number.MAX_SAFE_INTEGER);
  for (const ms of [1, 500, 1000, 1500, 90_000, 3_600_000, 604_800_000]) {
    assert.equal(kind.parse(durationText(ms)), ms);
  }
});

test("host takes names and addresses, but no port with them", () => {
  for (const right of ["127.0.0.1", "::1", "master.example.net"]) {
    assert.equal(host.parse(right), right);
  }
  for (const wrong of ["a:80", "a b", "a_b", "-a", "", 7]) assert.equal(host.parse(wrong), null);
});
