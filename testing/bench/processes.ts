import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { MASTER_ROOM } from "../../src/cli/room.ts";
import type { LoadPlan, LoadResult, ServerReady, ServerUsage } from "./messages.ts";

/** A process of the bench, held to one core, all with the options that a master runs with. */
function start(core: number, script: string, args: readonly string[]): ChildProcess {
  const node = [
    process.execPath,
    "--expose-gc",
    ...MASTER_ROOM,
    join(import.meta.dirname, script),
    ...args,
  ];
  return spawn("taskset", ["-c", String(core), ...node], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

function answerOf<T>(child: ChildProcess, message?: object): Promise<T> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`a process of the bench ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", (answer) => {
      child.off("exit", onExit);
      resolve(answer as T);
    });
    if (message !== undefined) child.send(message);
  });
}

export interface BenchServer {
  readonly ready: ServerReady;
  usage(): Promise<ServerUsage>;
  stop(): Promise<void>;
}

export async function startServer(
  script: string,
  dir: string,
  hosts: number,
): Promise<BenchServer> {
  const child = start(0, script, [dir, String(hosts)]);
  const ready = await answerOf<ServerReady>(child);
  return { ready, usage: () => answerOf<ServerUsage>(child, {}), stop: () => stop(child) };
}

export interface BenchLoad {
  run(plan: LoadPlan): Promise<LoadResult>;
  stop(): Promise<void>;
}

export async function startLoad(): Promise<BenchLoad> {
  const child = start(1, "load.ts", []);
  await answerOf(child);
  return { run: (plan) => answerOf<LoadResult>(child, plan), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.disconnect();
  await gone;
}
