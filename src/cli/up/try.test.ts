import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiShard } from "../../wire/api/decky.ts";
import { commandsToTry } from "./try.ts";

function shard(name: string, services: ApiShard["services"]): ApiShard {
  return {
    name,
    hostUuid: "h",
    state: "running",
    reason: null,
    config: null,
    services,
    changedMs: 0,
    assigned: true,
  };
}

test("commandsToTry() gives one command a service, on the plainest decky that runs it", () => {
  const shards = [
    shard("both", {
      http: { running: true, ip: "127.0.0.2", port: 10080 },
      ssh: { running: true, ip: "127.0.0.2", port: 10022 },
    }),
    shard("broken", { telnet: { running: false, ip: "127.0.0.4", port: 10023 } }),
    shard("plain", { ssh: { running: true, ip: "127.0.0.3", port: 10022 } }),
  ];
  const logins = new Map([["plain", { user: "admin", password: "1234" }]]);
  assert.deepEqual(commandsToTry(shards, logins), [
    "ssh -p 10022 admin@127.0.0.3     # admin / 1234",
    "curl -i http://127.0.0.2:10080/",
  ]);
  assert.deepEqual(commandsToTry([], new Map()), []);
});
