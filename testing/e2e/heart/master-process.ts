import { createSystemClock } from "../../../src/cli/clock.ts";
import { startMaster } from "../../../src/master/master.ts";
import { masterOptions } from "../swarm.ts";

/* A master in a process of its own, so that it can be killed: DIR [AGENT-PORT]. */

const [dir = "", port = "0"] = process.argv.slice(2);
const master = await startMaster(
  masterOptions(dir, {
    clock: createSystemClock(),
    agentPlane: { host: "127.0.0.1", port: Number(port) },
  }),
);
process.on("disconnect", () => process.exit());
process.send?.({ agentPort: master.agentPort, socketPath: master.socketPath });
