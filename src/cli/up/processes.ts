import { existsSync } from "node:fs";
import type { TSchema } from "typebox";
import type { Clock } from "../../domain/clock.ts";
import type { DataDirectory } from "../data-directory.ts";
import { MasterReady } from "../parent.ts";
import { durationText } from "../setting-kinds.ts";
import { flagOf, type Settings } from "../settings.ts";
import { type Child, Silent, startChild } from "./child.ts";
import { UP_SETTINGS } from "./up-settings.ts";

type UpSetting = (typeof UP_SETTINGS)[number];

export interface ProcessOptions {
  readonly settings: Settings<UpSetting>;
  readonly place: DataDirectory;
  readonly clock: Clock;
}

/** The processes of `decnet up`, each started at most once, and stopped together. */
export interface Processes {
  master(): Child<MasterReady>;
  /** @param agentPort Where the master of this start listens, whatever the identity remembers. */
  agent(agentPort: number): Child<never>;
  /** Enrolls the agent; its `ended` says whether that worked. */
  enroll(token: string): Child<never>;
  /** Stops all, those that were started last first. Never rejects. */
  stop(): Promise<void>;
}

export function createProcesses({ settings, place, clock }: ProcessOptions): Processes {
  const started: Child<unknown>[] = [];
  // Nobody need have a configuration file; one that is named must be there.
  const common: UpSetting[] = existsSync(settings.config) ? ["data", "config"] : ["data"];
  const start = <T extends TSchema>(name: string, ready: T, args: string[], input?: string) => {
    const child = startChild({
      name,
      args: [...args, ...flags(settings, common)],
      logDir: place.logs,
      ready,
      clock,
      ...(input === undefined ? {} : { input }),
    });
    started.push(child);
    return child;
  };
  return {
    master: () => start("master", MasterReady, ["master", ...flags(settings, MASTER_FLAGS)]),
    agent: (agentPort) =>
      start("agent", Silent, ["agent", "run", "--master", `${settings.advertise}:${agentPort}`]),
    enroll: (token) => start("enroll", Silent, ["agent", "enroll"], `${token}\n`),
    async stop() {
      for (const child of started.toReversed()) await child.stop();
    },
  };
}

/** All that it takes; the two others go to every process. */
const MASTER_FLAGS = UP_SETTINGS.filter((name) => name !== "data" && name !== "config");

/** Settings as a command line gives them. */
function flags(settings: Settings<UpSetting>, names: readonly UpSetting[]): string[] {
  return names.flatMap((name) => {
    const value: unknown = settings[name];
    if (value === false) return [];
    if (value === true) return [flagOf(name)];
    return [
      flagOf(name),
      name === "heartbeatInterval" ? durationText(Number(value)) : String(value),
    ];
  });
}
