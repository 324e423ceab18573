import type { TSchema } from "typebox";
import type { Clock } from "../../domain/clock.ts";
import type { DataDirectory } from "../data-directory.ts";
import { MasterReady } from "../parent.ts";
import { durationText } from "../setting-kinds.ts";
import { flagOf, type SettingName, type Settings } from "../settings.ts";
import { type Child, Silent, startChild } from "./child.ts";
import type { UP_SETTINGS } from "./up-settings.ts";

export interface ProcessOptions {
  readonly settings: Settings<(typeof UP_SETTINGS)[number]>;
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
  const start = <T extends TSchema>(name: string, ready: T, args: string[], input?: string) => {
    const child = startChild({
      name,
      // Settings that are not among these flags come from the same environment and file as ours.
      args: [...args, ...flags(settings, ["data", "config", "logLevel"]), "--log-format", "json"],
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

const MASTER_FLAGS = [
  "agentHost",
  "agentPort",
  "enrollmentPort",
  "operatorHost",
  "operatorPort",
  "advertise",
  "heartbeatInterval",
  "trustClock",
] as const satisfies readonly SettingName[];

/** Settings as a command line gives them. */
function flags<K extends SettingName>(settings: Settings<K>, names: readonly K[]): string[] {
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
