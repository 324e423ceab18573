import { startAgent } from "./agent.ts";

/* An agent in a process of its own, so that it can be killed: DIR STEP. Stops short of the step. */

const [dir = "", last = ""] = process.argv.slice(2);
startAgent(dir, async (step) => {
  if (step !== last) return;
  process.send?.(step);
  await new Promise(() => {});
});
process.on("disconnect", () => process.exit());
