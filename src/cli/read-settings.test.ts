import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { readSettings, type SettingSources } from "./read-settings.ts";

const dir = mkdtempSync(join(tmpdir(), "decnet-settings-"));
after(() => rmSync(dir, { recursive: true }));

function configFile(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
}

/** Sources with a configuration directory of their own, so that a real one cannot interfere. */
function sources(given: Partial<SettingSources>): SettingSources {
  return { flags: given.flags ?? {}, env: { XDG_CONFIG_HOME: dir, ...given.env } };
}

function faultOf(read: () => unknown): string {
  let message = "";
  assert.throws(read, (error) => {
    assert.ok(error instanceof DecnetError);
    assert.equal(error.code, "config-invalid");
    message = error.message;
    return true;
  });
  return message;
}

test("readSettings() takes the flag before the environment before the file before the default", () => {
  const config = configFile(
    "ports.json",
    '{"agentPort": 3, "enrollmentPort": 3, "operatorPort": 3}',
  );
  const settings = readSettings(
    ["agentPort", "enrollmentPort", "operatorPort", "logLevel", "agentHost"],
    sources({
      flags: { config, agentPort: "1" },
      env: { DECNET_AGENT_PORT: "2", DECNET_ENROLLMENT_PORT: "2" },
    }),
    { agentHost: "127.0.0.1" },
  );
  assert.deepEqual(settings, {
    agentPort: 1,
    enrollmentPort: 2,
    operatorPort: 3,
    logLevel: "info",
    agentHost: "127.0.0.1",
  });
});

test("readSettings() counts an empty variable as unset", () => {
  const { agentPort } = readSettings(["agentPort"], sources({ env: { DECNET_AGENT_PORT: "" } }));
  assert.equal(agentPort, 8770);
});

test("readSettings() follows the XDG directories, and passes over relative ones", () => {
  const at = (XDG_DATA_HOME: string) => readSettings(["data"], sources({ env: { XDG_DATA_HOME } }));
  assert.equal(at("/srv/state").data, "/srv/state/decnet");
  assert.match(at("state").data, /\/\.local\/share\/decnet$/);
});

test("readSettings() names the setting, its source and what it must be", () => {
  const byFlag = faultOf(() =>
    readSettings(["agentPort"], sources({ flags: { agentPort: "abc" } })),
  );
  assert.match(byFlag, /agentPort is "abc" \(from --agent-port\), but it must be a port/);
  const env = { DECNET_HEARTBEAT_INTERVAL: "30" };
  const byEnv = faultOf(() => readSettings(["heartbeatInterval"], sources({ env })));
  assert.match(byEnv, /from environment variable DECNET_HEARTBEAT_INTERVAL.*such as 500ms or 30s/);
  const config = configFile("level.json", '{"logLevel": "loud"}');
  const byFile = faultOf(() => readSettings(["logLevel"], sources({ flags: { config } })));
  assert.ok(byFile.includes(`from ${config}`));
  assert.match(byFile, /one of debug, info, warn, error/);
});

test("readSettings() refuses a file that is missing, no JSON, no object, or holds unknown keys", () => {
  const read = (config: string) =>
    faultOf(() => readSettings(["data"], sources({ flags: { config } })));
  assert.match(read(join(dir, "none.json")), /cannot be read/);
  assert.match(read(configFile("cut.json", '{"data": ')), /is not JSON/);
  assert.match(read(configFile("list.json", "[]")), /must hold one JSON object/);
  assert.match(
    read(configFile("typo.json", '{"agent-port": 1}')),
    /"agent-port", which is no setting/,
  );
  assert.match(read(configFile("proto.json", '{"toString": 1}')), /"toString"/);
  assert.match(read(configFile("clock.json", '{"trustClock": true}')), /"trustClock"/);
});
