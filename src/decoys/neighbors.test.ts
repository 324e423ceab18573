import assert from "node:assert/strict";
import { test } from "node:test";
import { httpDecoy } from "./http/server.ts";
import { redisDecoy } from "./redis/server.ts";
import { ask, shellOf } from "./shell/shell-testbed.ts";

const setting = { config: {}, nowMs: () => Date.UTC(2026, 4, 20), after: () => () => {} };

test("a decky's shell gets from its own web server and Redis what the network gets", async () => {
  const web = shellOf(2, { archetype: "web-server" });
  assert.ok((await httpDecoy.create({ ...setting, persona: web.machine.persona })) !== null);
  const page = ask(web, "curl -s http://127.0.0.1/");
  assert.equal(page.sleptMs, 0);
  assert.match(page.text, /^<!DOCTYPE html>\n[^]*<\/html>\n$/);
  assert.match(
    ask(web, "curl -sI localhost").text,
    /^HTTP\/1\.1 200 OK\r\n[^]*Server: (nginx|Apache)/,
  );
  const cache = shellOf(3, { archetype: "database-server" });
  assert.match(ask(cache, "redis-cli ping").text, /Connection refused/);
  assert.ok((await redisDecoy.create({ ...setting, persona: cache.machine.persona })) !== null);
  const told = ask(
    cache,
    "redis-cli set a b; redis-cli get a; redis-cli -h 127.0.0.1 info server",
  ).text;
  assert.match(told, /^OK\nb\n# Server\r\nredis_version:6\.0\.16/);
  const pid = /process_id:(\d+)/.exec(told)?.[1];
  assert.equal(ask(cache, "cat /run/redis/redis-server.pid").text, `${pid}\n`);
});
