import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { LoadPlan, LoadResult } from "./messages.ts";
import { startServer } from "./processes.ts";

interface Memory {
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly allBytes: number;
}

/** Memory a host, each with 10 deckies and its connection kept open: bare, and on the master. */
export async function measureMemory(dir: string, hosts: number): Promise<void> {
  const bare = await measure("serve-bare.ts", join(dir, "bare"), hosts);
  const ours = await measure("serve-decnet.ts", dir, hosts);
  const kib = (bytes: number) => `${(bytes / hosts / 1024).toFixed(1)} KiB`;
  const told = ({ residentBytes, heapBytes, allBytes }: Memory) =>
    `${kib(residentBytes)} a host (resident), ${kib(heapBytes)} of it JavaScript; ` +
    `${Math.round(allBytes / 1024 / 1024)} MiB in all`;
  console.log(`memory at ${hosts} hosts, 10 deckies each, every connection open:`);
  console.log(`  bare node:https, which keeps nothing: ${told(bare)}`);
  console.log(`  DECNET: ${told(ours)}`);
}

async function measure(script: string, dir: string, hosts: number): Promise<Memory> {
  const server = await startServer(script, dir, hosts);
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
  return {
    residentBytes: after.rssBytes - before.rssBytes,
    heapBytes: after.heapBytes - before.heapBytes,
    allBytes: after.rssBytes,
  };
}
