import assert from "node:assert/strict";
import { test } from "node:test";
import { parseKnowing } from "../../wire/heartbeat.ts";
import type { KnownBody } from "../../wire/heartbeat-change.ts";
import { createKnownBodies } from "./known-bodies.ts";

function knownBody(name: string): KnownBody {
  const decky = { name, ip: "", services: ["ssh"], distro: "", base_image: "", hostname: "" };
  const status = { deployed: true, deckies: [decky] };
  const { known } = parseKnowing(Buffer.from(JSON.stringify({ host_uuid: "h", status })), null);
  assert.ok(known !== null);
  return known;
}

test("createKnownBodies() forgets what was read least recently when there is no more room", () => {
  const known = knownBody("d1");
  const bodies = createKnownBodies(known.body.length * 2);
  for (const name of ["a", "b", "a", "c"]) bodies.set(name, known, `digest of ${name}`);
  assert.equal(bodies.get("b"), null);
  assert.deepEqual(bodies.get("a"), { known, digest: "digest of a" });
  assert.equal(bodies.get("c")?.digest, "digest of c");
  bodies.set("a", null, "of a body that could not be known");
  assert.equal(bodies.get("a"), null);
});
