import assert from "node:assert/strict";
import { test } from "node:test";
import { candidatePorts, isLoopbackIp } from "./ports.ts";

test("candidatePorts() keeps a port that needs no privilege and maps the others up", () => {
  assert.deepEqual(candidatePorts(22), [10022, 20022, 30022, 40022, 50022, 60022]);
  assert.deepEqual(candidatePorts(80).slice(0, 2), [10080, 20080]);
  assert.deepEqual(candidatePorts(6379).slice(0, 2), [6379, 16379]);
  assert.deepEqual(candidatePorts(60000), [60000]);
});

test("isLoopbackIp() knows 127.0.0.0/8 from everything else", () => {
  for (const ip of ["127.0.0.1", "127.9.255.10"]) assert.equal(isLoopbackIp(ip), true, ip);
  for (const ip of ["128.0.0.1", "127.0.0", "127.0.0.256", "127.0.0.01", "::1", "localhost", ""]) {
    assert.equal(isLoopbackIp(ip), false, ip);
  }
});
