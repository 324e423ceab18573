import { runAgent } from "../../../src/agent/agent.ts";
import { loadIdentity } from "../../../src/agent/identity.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import { silentLog } from "../../../src/domain/log.ts";
import { HEADERS } from "../../../src/wire/headers.ts";
import { watched } from "./copy.ts";

/* An agent in a process of its own, so that it can be killed: DIR. Tells of each beat, there and back. */

const [dir = ""] = process.argv.slice(2);
const identity = await loadIdentity(dir);
if (identity === null) throw new Error(`no identity in ${dir}`);
await runAgent({
  dataDir: dir,
  identity,
  runtimes: () => ({}),
  clock: createSystemClock(),
  log: silentLog,
  version: "test",
  random: Math.random,
  transport: watched(
    identity,
    ({ status, headers }) => process.send?.(status === 204 ? "accepted" : headers[HEADERS.error]),
    () => process.send?.("sent"),
  ),
  signal: new AbortController().signal,
});
