/** Services that a decky can offer, with the TCP ports on which the real ones listen. */
export const SERVICES = {
  example: [7007],
  http: [80],
  redis: [6379],
  ssh: [22],
  telnet: [23],
} as const satisfies Readonly<Record<string, readonly number[]>>;

export type ServiceName = keyof typeof SERVICES;
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[];

export function isServiceName(name: string): name is ServiceName {
  return Object.hasOwn(SERVICES, name);
}

/**
 * Kinds of machine, with the services that each offers unless told otherwise.
 * Only such as can be played whole with the services above.
 */
export const ARCHETYPES = {
  "linux-server": ["ssh", "http"],
  "web-server": ["http", "ssh"],
  "database-server": ["redis", "ssh"],
  "iot-device": ["telnet"],
  "entry-point": ["ssh"],
} as const satisfies Readonly<Record<string, readonly ServiceName[]>>;

export type ArchetypeName = keyof typeof ARCHETYPES;
export const ARCHETYPE_NAMES = Object.keys(ARCHETYPES) as readonly ArchetypeName[];

export function isArchetypeName(name: string): name is ArchetypeName {
  return Object.hasOwn(ARCHETYPES, name);
}
