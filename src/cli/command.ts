import type { Command } from "commander";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import { createMasterApi, type MasterApi } from "./api-client.ts";
import { dataDirectory } from "./data-directory.ts";
import { readSettings } from "./read-settings.ts";
import { CLIENT_SETTINGS, remoteMaster } from "./remote.ts";
import { type Environment, SETTINGS, type SettingName, type Settings } from "./settings.ts";
import { type Terminal, wantsColor } from "./terminal.ts";

/** What every command works with; made once, in main.ts. */
export interface Shell {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadStream;
  readonly env: Environment;
  readonly clock: Clock;
  readonly version: string;
  /** A signal that aborts when the process is asked to end: see ending.ts. */
  readonly ending: () => AbortSignal;
}

/** Adds the flags of settings to a command; `config`, which may hold them, comes along. */
export function takesSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of new Set<SettingName>([...names, "config"])) {
    const { flag, env, meaning, defaultText } = SETTINGS[name];
    const from = env === null ? "" : `; also ${env}`;
    command.option(flag, `${meaning} (default: ${defaultText}${from})`);
  }
  return command;
}

export const JSON_OPTION = ["--json", "Print JSON, for programs."] as const;

/**
 * Finishes a command that asks the master something: `--json`, where that master is, examples. Comes
 * after the flags that are the command's own, so that help shows those first.
 */
export function asksMaster(command: Command, list: Examples): void {
  takesSettings(command.option(...JSON_OPTION), CLIENT_SETTINGS);
  examples(command, list);
}

export type Examples = readonly (readonly [line: string, meaning: string])[];

/** Of help that is not shown on a terminal; commander wraps the rest of it by the same measure. */
const HELP_COLUMNS = 80;

/** Shows examples below a command's help, each with what it does: beside it, if all have room. */
export function examples(command: Command, list: Examples): Command {
  const width = Math.max(...list.map(([line]) => line.length));
  const beside = list.map(([line, meaning]) => `  ${line.padEnd(width)}  ${meaning}`);
  const below = list.map(([line, meaning]) => `  ${line}\n      ${meaning}`);
  return command.addHelpText("after", () => {
    const columns = command.configureOutput().getOutHelpWidth?.() ?? HELP_COLUMNS;
    const lines = beside.every((line) => line.length <= columns) ? beside : below;
    return `\nExamples:\n${lines.join("\n")}`;
  });
}

/** @param options As commander read them. */
export function settingsOf<K extends SettingName>(
  names: readonly K[],
  options: object,
  env: Environment,
  defaults: Readonly<Partial<Record<SettingName, unknown>>> = {},
): Settings<K> {
  return readSettings(names, { flags: { ...options }, env }, defaults);
}

/** The master that serves the data directory of these options, or the one that they name. */
export function masterOf(options: object, shell: Shell): MasterApi {
  const settings = settingsOf(CLIENT_SETTINGS, options, shell.env);
  if (settings.url !== "") return createMasterApi(remoteMaster(settings, shell.env));
  return createMasterApi({ kind: "socket", path: dataDirectory(settings.data).operatorSocket });
}

/** The log of a command that runs for long. */
export async function logOf(
  settings: Settings<"logLevel" | "logFormat">,
  shell: Shell,
): Promise<Log> {
  const { createLog } = await import("./log.ts");
  return createLog({
    level: settings.logLevel,
    format: settings.logFormat,
    terminal: shell.terminal.noteInteractive,
    color: wantsColor(process.stderr, shell.env),
  });
}
