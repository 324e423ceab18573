import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadPlan, LoadResult } from "./messages.ts";
import { startServer } from "./processes.ts";

/** Memory a host on the master: each with 10 deckies and its connection kept open. */
export async function measureMemory(dir: string, hosts: number): Promise<void> {
  const server = await startServer("serve-decnet.ts", dir, hosts);
  const before = await server.usage();
  const holder = fork(join(import.meta.dirname, "hold.ts"));
  await once(holder, "message");
  const plan: LoadPlan = {
    ...server.ready,
    deckies: 10,
    changing: false,
    newConnections: false,
    durationMs: 0,
    boot: 1,
  };
  holder.send(plan);
  const [result] = (await once(holder, "message")) as [LoadResult];
  const after = await server.usage();
  holder.kill("SIGKILL");
  await server.stop();
  if (result.beats !== hosts) {
    throw new Error(
      `${result.beats} of ${hosts} heartbeats accepted: ${JSON.stringify(result.others)}`,
    );
  }
  const perHost = (bytes: number) => `${(bytes / hosts / 1024).toFixed(1)} KiB`;
  console.log(
    `memory at ${hosts} hosts, 10 deckies each, every connection open: ` +
      `${perHost(after.rssBytes - before.rssBytes)} a host (resident), ` +
      `${perHost(after.heapBytes - before.heapBytes)} of it JavaScript; ` +
      `${Math.round(after.rssBytes / 1024 / 1024)} MiB in all`,
  );
}
