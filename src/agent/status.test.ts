import assert from "node:assert/strict";
import { test } from "node:test";
import type { DesiredDecky } from "../wire/desired.ts";
import type { DeckyStatus } from "./runtimes/runtime.ts";
import { statusBody } from "./status.ts";

const spec = (name: string): DesiredDecky => ({
  name,
  archetype: "linux-server",
  distro: null,
  hostname: null,
  ip: "127.0.10.1",
  services: ["ssh", "http"],
  service_config: {},
  runtime: "loopback",
  created_ms: 1_700_000_000_000,
  persona_seed: "00".repeat(32),
});

const status: DeckyStatus = {
  running: true,
  reason: null,
  services: {
    ssh: { running: true, ip: "127.0.10.1", port: 2222 },
    http: { running: true, port: 8080, ip: "127.0.10.1" },
  },
  identity: {
    hostname: "web-1",
    distro: "debian-11",
    baseImage: "debian:bullseye",
    nmapOs: "linux",
  },
};

const host = { hostUuid: "u-1", agentVersion: "0.1.0", eventsDropped: 0 };

test("statusBody() says all that the contract requires of a decky that runs", () => {
  const deckies = [{ spec: spec("web"), status, failure: null }];
  assert.deepEqual(JSON.parse(statusBody({ ...host, deckies })), {
    host_uuid: "u-1",
    agent_version: "0.1.0",
    status: {
      deployed: true,
      mode: "swarm",
      deckies: [
        {
          name: "web",
          ip: "127.0.10.1",
          services: ["ssh", "http"],
          distro: "debian-11",
          base_image: "debian:bullseye",
          hostname: "web-1",
          archetype: "linux-server",
          nmap_os: "linux",
        },
      ],
      runtime: {
        web: {
          running: true,
          services: {
            http: { running: true, ip: "127.0.10.1", port: 8080 },
            ssh: { running: true, ip: "127.0.10.1", port: 2222 },
          },
        },
      },
    },
  });
});

test("statusBody() is the same byte for byte whatever order things come in", () => {
  const services = { http: status.services["http"] ?? { running: false } };
  const turned: DeckyStatus = {
    ...status,
    services: { ...services, ssh: { port: 2222, ip: "127.0.10.1", running: true } },
  };
  const a = { spec: spec("a"), status, failure: null };
  const b = { spec: spec("b"), status, failure: null };
  const body = statusBody({ ...host, deckies: [a, b] });
  assert.equal(statusBody({ ...host, deckies: [b, { ...a, status: turned }] }), body);
});

test("statusBody() lists a decky that could not be started as failed, with the reason", () => {
  const deckies = [{ spec: spec("web"), status: null, failure: "port 22 is taken" }];
  const { status: told } = JSON.parse(statusBody({ ...host, deckies }));
  assert.deepEqual(told.runtime, {
    web: { running: false, reason: "port 22 is taken", failed: true, services: {} },
  });
  assert.deepEqual(told.deckies[0].hostname, "web");
  assert.equal(told.deployed, true);
});

test("statusBody() lists a decky that is yet to be started, so that it is not taken for absent", () => {
  const deckies = [{ spec: spec("web"), status: null, failure: null }];
  const { status: told } = JSON.parse(statusBody({ ...host, deckies }));
  assert.deepEqual(told.runtime, { web: { running: false, reason: "starting", services: {} } });
});

test("statusBody() of a host that runs nothing says so, and tells of lost events only if there are any", () => {
  assert.equal(
    statusBody({ ...host, deckies: [] }),
    '{"host_uuid":"u-1","agent_version":"0.1.0","status":{"deployed":false,"mode":"swarm","deckies":[],"runtime":{}}}',
  );
  assert.match(statusBody({ ...host, deckies: [], eventsDropped: 3 }), /"events_dropped":3/);
});
