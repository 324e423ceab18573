import type { Pick } from "./pick.ts";

const SITES =
  `ams ber bos bru bud chi cph dal den dub dus fra gva ham hel lax lis lon lux lyo mad man mil mia
muc nyc osl par phx prg rom sea sfo sin sjc sto syd tyo tor vie waw zrh`.split(/\s+/);
const ENVIRONMENTS = ["prod", "prd", "stg", "dev", "int"];
const ROLES: Readonly<Record<string, readonly string[]>> = {
  "web-server": ["web", "www", "front", "nginx", "app"],
  "database-server": ["db", "cache", "redis", "data", "store"],
  "entry-point": ["gw", "jump", "bastion", "vpn", "edge"],
  "linux-server": ["srv", "app", "api", "node", "svc"],
};
const DEVICE_KINDS = ["ipcam", "dvr", "nvr", "cam", "IPC"];

const ORGANIZATIONS =
  `acorn alder arbor argent aster atlas beacon birch bright brook cedar cobalt copper coral
crest delta ember falcon field forge gable garnet glen granite harbor haven hazel heron iris ivory juniper
keystone lark laurel linden lumen maple meridian mill nimbus north oak onyx orchard osprey pine quarry raven
reed ridge river rowan sable sierra slate spruce sterling stone summit tamar terra thorn timber vale vector
willow wren zenith`.split(/\s+/);
const TRADES =
  `works labs group tech systems media soft logistics foods health energy retail design bank trade
data net parts steel print motors travel`.split(/\s+/);
const ENDINGS = ["local", "lan", "internal", "corp", "intra"];

/** A name as an administrator, a cloud or a factory would have given it. */
export function chooseHostname(
  pick: Pick,
  archetype: string,
  isDevice: boolean,
  macAddress: string,
): string {
  if (isDevice) {
    // Factories number by the network card.
    const serial = macAddress.replaceAll(":", "").slice(6);
    return `${pick.of("hostname.kind", DEVICE_KINDS)}-${serial}`;
  }
  const role = pick.of("hostname.role", ROLES[archetype] ?? ROLES["linux-server"] ?? ["srv"]);
  const site = pick.of("hostname.site", SITES);
  const number = String(1 + pick("hostname.number", 240)).padStart(2, "0");
  switch (pick("hostname.style", 5)) {
    case 0:
      return `${site}${1 + pick("hostname.hall", 4)}-${role}-${pick.of("hostname.env", ENVIRONMENTS)}${number}`;
    case 1:
      return `${role}${number}-${site}${1 + pick("hostname.hall", 9)}-${pick.of("hostname.env", ENVIRONMENTS)}`;
    case 2:
      return `vps-${pick.hex("hostname.id", 8)}`;
    case 3:
      return `srv${100_000 + pick("hostname.id", 900_000)}`;
    default:
      return `${role}-${site}-${pick.hex("hostname.id", 6)}`;
  }
}

export function chooseDomain(pick: Pick): string {
  const organization = pick.of("domain.organization", ORGANIZATIONS);
  return `${organization}${pick.of("domain.trade", TRADES)}.${pick.of("domain.ending", ENDINGS)}`;
}
