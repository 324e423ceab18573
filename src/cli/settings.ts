import { homedir, hostname } from "node:os";
import { isAbsolute, join } from "node:path";
import { AGENT_CERTIFICATE_TTL_MS, RECOVERY_BOUNDS } from "../domain/renewal.ts";
import {
  count,
  duration,
  given,
  host,
  type Kind,
  oneOf,
  optionalPath,
  origin,
  path,
  port,
} from "./setting-kinds.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a setting may be given, and what holds when it is given nowhere. */
interface Source<T> {
  /** As commander reads it, such as `--agent-port <port>`. */
  readonly flag: string;
  /** Null for what may be given by flag alone. */
  readonly env: string | null;
  /** Whether the configuration file may hold it, under its key in SETTINGS. */
  readonly inFile?: false;
  /** The default as help and docs/operations.md state it. */
  readonly defaultText: string;
  byDefault(env: Environment): T;
  readonly meaning: string;
}

export type Setting<T> = Kind<T> & Source<T>;

const setting = <T>(kind: Kind<T>, source: Source<NoInfer<T>>): Setting<T> => ({
  ...kind,
  ...source,
});

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export const LOG_FORMATS = ["auto", "json", "pretty"] as const;

/** Every setting there is. docs/operations.md lists them, and a test holds it level with this. */
export const SETTINGS = {
  data: setting(path, {
    flag: "--data <dir>",
    env: "DECNET_DATA",
    defaultText: "$XDG_DATA_HOME/decnet, else ~/.local/share/decnet",
    byDefault: (env) => join(xdgHome(env["XDG_DATA_HOME"], ".local/share"), "decnet"),
    meaning: "Directory that holds all state.",
  }),
  config: setting(path, {
    flag: "--config <file>",
    env: "DECNET_CONFIG",
    inFile: false,
    defaultText: "$XDG_CONFIG_HOME/decnet/config.json, else ~/.config/decnet/config.json, if there",
    byDefault: (env) => join(xdgHome(env["XDG_CONFIG_HOME"], ".config"), "decnet", "config.json"),
    meaning: "Configuration file: a JSON object; docs/operations.md lists its keys.",
  }),
  agentHost: setting(host, {
    flag: "--agent-host <host>",
    env: "DECNET_AGENT_HOST",
    defaultText: "0.0.0.0; of up: 127.0.0.1",
    byDefault: () => "0.0.0.0",
    meaning: "Address on which the master listens for agents, also for those that enroll.",
  }),
  agentPort: setting(port, {
    flag: "--agent-port <port>",
    env: "DECNET_AGENT_PORT",
    defaultText: "8770",
    byDefault: () => 8770,
    meaning: "Port of the agent plane (mutual TLS).",
  }),
  enrollmentPort: setting(port, {
    flag: "--enrollment-port <port>",
    env: "DECNET_ENROLLMENT_PORT",
    defaultText: "8771",
    byDefault: () => 8771,
    meaning: "Port on which agents enroll (TLS).",
  }),
  operatorHost: setting(host, {
    flag: "--operator-host <host>",
    env: "DECNET_OPERATOR_HOST",
    defaultText: "127.0.0.1",
    byDefault: () => "127.0.0.1",
    meaning: "Address of the dashboard and the API; beyond loopback over TLS.",
  }),
  operatorPort: setting(port, {
    flag: "--operator-port <port>",
    env: "DECNET_OPERATOR_PORT",
    defaultText: "8443",
    byDefault: () => 8443,
    meaning: "Port of the dashboard and the API.",
  }),
  eventsKept: setting(duration(86_400_000, 3_650 * 86_400_000), {
    flag: "--events-kept <duration>",
    env: "DECNET_EVENTS_KEPT",
    defaultText: "90d",
    byDefault: () => 90 * 86_400_000,
    meaning: "How long events of deckies are kept. Tombstones and the audit are kept for ever.",
  }),
  operatorCert: setting(optionalPath, {
    flag: "--operator-cert <file>",
    env: "DECNET_OPERATOR_CERT",
    defaultText: "none: beyond loopback, one of the swarm's authority",
    byDefault: () => "",
    meaning: "Certificate of the dashboard and the API, with its chain, in PEM.",
  }),
  operatorKey: setting(optionalPath, {
    flag: "--operator-key <file>",
    env: "DECNET_OPERATOR_KEY",
    defaultText: "none",
    byDefault: () => "",
    meaning: "Key of that certificate, in PEM; no other user may read it.",
  }),
  advertise: setting(host, {
    flag: "--advertise <host>",
    env: "DECNET_ADVERTISE",
    defaultText: "this machine's host name; of up: 127.0.0.1",
    byDefault: () => host.parse(hostname()) ?? "127.0.0.1",
    meaning: "Name or address at which agents reach this master; goes into join tokens.",
  }),
  heartbeatInterval: setting(duration(100, 40_000), {
    flag: "--heartbeat-interval <duration>",
    env: "DECNET_HEARTBEAT_INTERVAL",
    defaultText: "30s; of up: 5s",
    byDefault: () => 30_000,
    meaning: "Pace that the master sets its agents; a host is silent after two missed beats.",
  }),
  certificateLife: setting(duration(60_000, 365 * 86_400_000), {
    flag: "--certificate-life <duration>",
    env: "DECNET_CERTIFICATE_LIFE",
    defaultText: "7d",
    byDefault: () => AGENT_CERTIFICATE_TTL_MS,
    meaning: "Life of an agent's certificate; agents renew by themselves at about half of it.",
  }),
  authorityKeyFile: setting(optionalPath, {
    flag: "--authority-key-file <file>",
    env: "DECNET_AUTHORITY_KEY_FILE",
    defaultText: "none: asked for on a terminal, if the key is encrypted",
    byDefault: () => "",
    meaning: "File that holds the passphrase of the authority's key; no other user may read it.",
  }),
  recoveries: setting(count(100), {
    flag: "--recoveries <count>",
    env: "DECNET_RECOVERIES",
    defaultText: "3",
    byDefault: () => RECOVERY_BOUNDS.most,
    meaning: "Times in 30 days that a host whose certificate ran out may recover; 0: never.",
  }),
  recoverWithin: setting(duration(0, 3650 * 86_400_000), {
    flag: "--recover-within <duration>",
    env: "DECNET_RECOVER_WITHIN",
    defaultText: "30d",
    byDefault: () => RECOVERY_BOUNDS.withinMs,
    meaning: "How long after its certificate ran out a host may recover; 0d: never.",
  }),
  url: setting(origin, {
    flag: "--url <url>",
    env: "DECNET_URL",
    defaultText: "none: the master of --data, by its socket file",
    byDefault: () => "",
    meaning: "Operator plane of a master elsewhere, such as https://master.example.net:8443.",
  }),
  apiTokenFile: setting(optionalPath, {
    flag: "--api-token-file <file>",
    env: "DECNET_API_TOKEN_FILE",
    defaultText: "none; else the token itself in DECNET_API_TOKEN",
    byDefault: () => "",
    meaning: "File that holds the API token for --url; no other user may read it.",
  }),
  authorityFile: setting(optionalPath, {
    flag: "--authority-file <file>",
    env: "DECNET_AUTHORITY_FILE",
    defaultText: "none: those that the system trusts",
    byDefault: () => "",
    meaning: "Authority, in PEM, that signed the certificate of --url.",
  }),
  trustClock: setting(given, {
    flag: "--trust-clock",
    env: null,
    inFile: false,
    defaultText: "off",
    byDefault: () => false,
    meaning: "Start although the clock is behind the newest record, and mend the records.",
  }),
  logLevel: setting(oneOf(LOG_LEVELS), {
    flag: "--log-level <level>",
    env: "DECNET_LOG_LEVEL",
    defaultText: "info",
    byDefault: () => "info" as const,
    meaning: `Least level that is logged: ${LOG_LEVELS.join(", ")}.`,
  }),
  logFormat: setting(oneOf(LOG_FORMATS), {
    flag: "--log-format <format>",
    env: "DECNET_LOG_FORMAT",
    defaultText: "auto: pretty on a terminal, else json",
    byDefault: () => "auto" as const,
    meaning: `How logs are written to standard error: ${LOG_FORMATS.join(", ")}.`,
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<K extends SettingName> =
  (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
export type Settings<K extends SettingName> = { readonly [name in K]: SettingValue<name> };

/** The flag of a setting, without its argument. */
export function flagOf(name: SettingName): string {
  return SETTINGS[name].flag.split(" ")[0] ?? "";
}

/** The base directory as the XDG specification has it: a relative one counts as unset. */
function xdgHome(value: string | undefined, otherwise: string): string {
  return value !== undefined && isAbsolute(value) ? value : join(homedir(), otherwise);
}
