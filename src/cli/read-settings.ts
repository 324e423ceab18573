import { readFileSync } from "node:fs";
import { DecnetError } from "../domain/errors.ts";
import {
  type Environment,
  flagOf,
  SETTINGS,
  type Setting,
  type SettingName,
  type Settings,
} from "./settings.ts";

/** Where settings come from, the strongest first. */
export interface SettingSources {
  /** By the setting's name, as the command line gave it. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Environment;
}

/**
 * Reads settings: flag, then environment, then file, then `defaults`, then the table's default.
 *
 * @param defaults Raw values of a command that starts from others than the table's.
 * @throws {DecnetError} config-invalid, naming the key, where it was given, and what it must be.
 */
export function readSettings<K extends SettingName>(
  names: readonly K[],
  sources: SettingSources,
  defaults: Readonly<Partial<Record<SettingName, unknown>>> = {},
): Settings<K> {
  const file = readConfigFile(sources);
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of names) values[name] = valueOf(name, sources, file, defaults);
  return values as Settings<K>;
}

interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

function valueOf(
  name: SettingName,
  { flags, env }: SettingSources,
  file: ConfigFile | null,
  defaults: Readonly<Partial<Record<SettingName, unknown>>>,
): unknown {
  const setting: Setting<unknown> = SETTINGS[name];
  if (flags[name] !== undefined) return checked(name, setting, flags[name], flagOf(name));
  // An empty variable is as good as none: that is how a unit file or a compose file leaves it out.
  if (setting.env !== null && (env[setting.env] ?? "") !== "") {
    return checked(name, setting, env[setting.env], `environment variable ${setting.env}`);
  }
  if (file !== null && Object.hasOwn(file.values, name)) {
    return checked(name, setting, file.values[name], file.path);
  }
  return defaults[name] ?? setting.byDefault(env);
}

function checked(name: string, setting: Setting<unknown>, raw: unknown, source: string): unknown {
  const value = setting.parse(raw);
  if (value !== null) return value;
  const shown = JSON.stringify(raw);
  throw new DecnetError(
    "config-invalid",
    `${name} is ${shown} (from ${source}), but it must be ${setting.expected}`,
  );
}

/** @returns null if nobody named a file and there is none at the default place. */
function readConfigFile(sources: SettingSources): ConfigFile | null {
  const named =
    sources.flags["config"] !== undefined || (sources.env["DECNET_CONFIG"] ?? "") !== "";
  const path = String(valueOf("config", sources, null, {}));
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (!named && isMissing(cause)) return null;
    throw new DecnetError("config-invalid", `${path} cannot be read (${reasonOf(cause)})`, {
      cause,
    });
  }
  return { path, values: parseConfig(path, text) };
}

function parseConfig(path: string, text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DecnetError("config-invalid", `${path} is not JSON (${reasonOf(cause)})`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DecnetError("config-invalid", `${path} must hold one JSON object`);
  }
  for (const key of Object.keys(value)) {
    const known: Readonly<Record<string, Setting<unknown>>> = SETTINGS;
    if (Object.hasOwn(known, key) && known[key]?.inFile !== false) continue;
    throw new DecnetError(
      "config-invalid",
      `${path} holds "${key}", which is no setting of a file`,
    );
  }
  return value as Readonly<Record<string, unknown>>;
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && cause.code === "ENOENT";
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
