import type { Decky } from "../../domain/decky.ts";
import { ARCHETYPES, type ArchetypeName } from "../../domain/service.ts";
import type { AddDeckyRequest } from "../../wire/api/decky.ts";
import type { FieldFault } from "../../wire/fault.ts";
import { isLoopback } from "./origin.ts";

const SHORT_NAMES: Readonly<Record<ArchetypeName, string>> = {
  "linux-server": "linux",
  "web-server": "web",
  "database-server": "db",
  "iot-device": "iot",
  "entry-point": "entry",
};

export type DeckyChoice =
  | { readonly kind: "chosen"; readonly decky: Decky }
  | { readonly kind: "invalid"; readonly fields: readonly FieldFault[] };

/** Fills in what an operator left open. */
export function chooseDecky(
  request: AddDeckyRequest,
  context: {
    readonly hostUuid: string;
    readonly nowMs: number;
    readonly namesTaken: ReadonlySet<string>;
    readonly addressesTaken: ReadonlySet<string>;
    readonly addressFor: (name: string, attempt: number) => string;
  },
): DeckyChoice {
  const archetype = request.archetype ?? "linux-server";
  const services = [...new Set(request.services ?? ARCHETYPES[archetype])];
  const runtime = request.runtime ?? "loopback";
  const serviceConfig = request.serviceConfig ?? {};

  const fields: FieldFault[] = [];
  for (const service of Object.keys(serviceConfig)) {
    if (!services.some((chosen) => chosen === service)) {
      fields.push({ field: `/serviceConfig/${service}`, fault: "is not one of its services" });
    }
  }
  if (runtime === "loopback" && request.ip !== undefined && !isLoopback(request.ip)) {
    fields.push({ field: "/ip", fault: "must be of 127.0.0.0/8 in the loopback runtime" });
  }
  if (runtime !== "loopback" && request.ip === undefined) {
    fields.push({ field: "/ip", fault: `is required in the ${runtime} runtime` });
  }
  if (fields.length > 0) return { kind: "invalid", fields };

  const name = request.name ?? freeName(SHORT_NAMES[archetype], context.namesTaken);
  const decky: Decky = {
    name,
    hostUuid: context.hostUuid,
    archetype,
    distro: request.distro ?? null,
    hostname: request.hostname ?? null,
    ip: request.ip ?? freeAddress(name, context.addressesTaken, context.addressFor),
    services,
    serviceConfig,
    runtime,
    createdMs: context.nowMs,
  };
  return { kind: "chosen", decky };
}

function freeName(short: string, taken: ReadonlySet<string>): string {
  let n = 1;
  while (taken.has(`${short}-${n}`)) n += 1;
  return `${short}-${n}`;
}

/** Gives up after a hundred: then the store refuses the last one as taken. */
function freeAddress(
  name: string,
  taken: ReadonlySet<string>,
  addressFor: (name: string, attempt: number) => string,
): string {
  let address = addressFor(name, 0);
  for (let attempt = 1; taken.has(address) && attempt < 100; attempt += 1) {
    address = addressFor(name, attempt);
  }
  return address;
}
