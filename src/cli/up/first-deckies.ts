import type { ArchetypeName } from "../../domain/service.ts";
import type { AddDeckyRequest } from "../../wire/api/decky.ts";

/** The deckies of a first look: one of each kind, so that every service can be tried. */
const FIRST: readonly (readonly [name: string, archetype: ArchetypeName])[] = [
  ["gateway-1", "entry-point"],
  ["app-1", "linux-server"],
  ["www-1", "web-server"],
  ["cache-1", "database-server"],
  ["camera-1", "iot-device"],
];

export function firstDeckies(hostUuid: string): AddDeckyRequest[] {
  return FIRST.map(([name, archetype]) => ({
    host: hostUuid,
    name,
    archetype,
    runtime: "loopback",
  }));
}
