import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHeartbeat } from "./heartbeat.ts";

const decky = {
  name: "d1",
  ip: "127.0.0.2",
  services: ["ssh"],
  distro: "debian-11",
  base_image: "debian:bullseye",
  hostname: "srv",
};

function parse(status: unknown, over: object = {}) {
  return parseHeartbeat(Buffer.from(JSON.stringify({ host_uuid: "h", status, ...over })));
}

function entries(status: unknown) {
  const reading = parse(status);
  assert.equal(reading.kind, "report");
  return reading.kind === "report" ? reading.report.entries.map((entry) => entry.read()) : [];
}

test("parseHeartbeat() takes a host that runs nothing", () => {
  for (const status of [{}, { deployed: false, deckies: [decky] }, { deployed: null }]) {
    assert.deepEqual(entries(status), []);
  }
});

test("parseHeartbeat() reads a state out of the decky's runtime entry and nothing else", () => {
  const stateOf = (runtime: unknown) => {
    const [entry] = entries({ deployed: true, deckies: [decky], runtime });
    assert.equal(entry?.kind, "decky");
    return entry?.kind === "decky" ? [entry.decky.state, entry.decky.reason] : [];
  };
  assert.deepEqual(stateOf({ d1: { running: true } }), ["running", null]);
  assert.deepEqual(stateOf({ d1: { running: "true" } }), ["degraded", null]);
  assert.deepEqual(stateOf({ d1: { running: false, reason: "port" } }), ["degraded", "port"]);
  assert.deepEqual(stateOf({ d1: { failed: true, reason: "no" } }), ["failed", "no"]);
  assert.deepEqual(stateOf({ d1: "up" }), ["degraded", "runtime entry is not an object"]);
  assert.deepEqual(stateOf({ other: { running: true } }), ["degraded", null]);
  assert.deepEqual(stateOf(undefined), ["degraded", null]);
  assert.deepEqual(stateOf({}), ["degraded", null]);
});

test("parseHeartbeat() is not misled by a decky called like a part of every object", () => {
  const [entry] = entries({
    deployed: true,
    deckies: [{ ...decky, name: "constructor" }],
    runtime: {},
  });
  assert.equal(entry?.kind === "decky" && entry.decky.state, "degraded");
  const body = `{"host_uuid":"h","status":{"deployed":true,"deckies":[${JSON.stringify({ ...decky, name: "__proto__" })}],"runtime":{"__proto__":{"running":true}}}}`;
  const reading = parseHeartbeat(Buffer.from(body));
  const first = reading.kind === "report" ? reading.report.entries[0]?.read() : null;
  assert.equal(first?.kind === "decky" && first.decky.state, "running");
  assert.equal(({} as { running?: boolean }).running, undefined);
});

test("parseHeartbeat() names a malformed entry by its name, or its place", () => {
  const readings = entries({
    deployed: true,
    deckies: [
      decky,
      { ...decky, name: "nothing", services: [] },
      7,
      { ...decky, name: "" },
      { ...decky, name: "typed", ip: 4 },
    ],
  });
  assert.deepEqual(
    readings.map((reading) => (reading.kind === "decky" ? "kept" : reading.fault.decky)),
    ["kept", "nothing", "#2", "#3", "typed"],
  );
});

test("parseHeartbeat() drops keys that DeckyConfig does not have", () => {
  const [entry] = entries({ deployed: true, deckies: [{ ...decky, secret: "x", nmap_os: "bsd" }] });
  assert.deepEqual(entry?.kind === "decky" && entry.decky.config, { ...decky, nmap_os: "bsd" });
});

test("parseHeartbeat() gives an entry another digest whenever its meaning changes", () => {
  const digest = (entry: object, runtime: object = {}) => {
    const reading = parse({ deployed: true, deckies: [entry], runtime });
    return reading.kind === "report" ? reading.report.entries[0]?.digest : null;
  };
  assert.equal(digest(decky), digest({ ...decky }));
  assert.notEqual(digest(decky), digest({ ...decky, ip: "127.0.0.3" }));
  assert.notEqual(digest(decky), digest(decky, { d1: { running: true } }));
  assert.equal(digest(decky), digest(decky, { d2: { running: true } }));
});

test("parseHeartbeat() takes a count of dropped events that is none for none", () => {
  const dropped = (events_dropped: unknown) => {
    const reading = parse({ deployed: false, events_dropped });
    return reading.kind === "report" ? reading.report.eventsDropped : reading.kind;
  };
  assert.equal(dropped(7), 7);
  for (const none of [undefined, null, 0, -1, 1.5, "7", {}, 1e300]) assert.equal(dropped(none), 0);
});

test("parseHeartbeat() refuses what is not a heartbeat, naming each field", () => {
  const refused = (body: string | Buffer) => {
    const reading = parseHeartbeat(Buffer.from(body as string));
    return reading.kind === "unreadable"
      ? [reading.code, ...reading.faults.map(({ field }) => field)]
      : [];
  };
  assert.deepEqual(refused(""), ["body-not-json"]);
  assert.deepEqual(refused("{"), ["body-not-json"]);
  assert.deepEqual(refused(Buffer.from([0x22, 0xff, 0x22])), ["body-not-json"]);
  assert.deepEqual(refused("null"), ["body-invalid", ""]);
  assert.ok(refused("{}").length > 1);
  assert.deepEqual(refused('{"host_uuid":1,"status":{}}'), ["body-invalid", "/host_uuid"]);
  assert.ok(refused('{"host_uuid":"h","status":{"deckies":{}}}').includes("/status/deckies"));
  assert.ok(refused('{"host_uuid":"h","status":{"deployed":"yes"}}').includes("/status/deployed"));
});
