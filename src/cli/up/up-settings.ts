import type { SettingName } from "../settings.ts";

export const UP_SETTINGS = [
  "data",
  "agentHost",
  "agentPort",
  "enrollmentPort",
  "operatorHost",
  "operatorPort",
  "advertise",
  "heartbeatInterval",
  "trustClock",
  "logLevel",
  "config",
] as const satisfies readonly SettingName[];

/** A first look stays on this machine, and shows silence soon. */
export const UP_DEFAULTS = {
  agentHost: "127.0.0.1",
  advertise: "127.0.0.1",
  heartbeatInterval: 5000,
} as const;
