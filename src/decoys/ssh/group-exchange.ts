import { createDiffieHellmanGroup, type DiffieHellmanGroup } from "node:crypto";

/** One key exchange of `ssh2`, as far as a group exchange (RFC 4419) needs it. */
interface Exchange {
  readonly type: string;
  _minBits: number;
  _prefBits: number;
  _maxBits: number;
  _dh: DiffieHellmanGroup;
  _public: Buffer;
  getDHParams(): { readonly prime: Buffer; readonly generator: Buffer };
  parse: (payload: Buffer) => unknown;
}

interface Writer {
  readonly allocStartKEX: number;
  alloc(bytes: number, force: boolean): Buffer;
  finalize: (packet: Buffer, force: boolean) => Buffer;
}

export interface Exchanging {
  _kex: object | undefined;
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _packetRW: { readonly write: Writer };
}

const MESSAGE = { init: 30, reply: 31, gexGroup: 31, gexInit: 32, gexReply: 33, gexRequest: 34 };
const MIN_BITS = 2048;
const MAX_BITS = 8192;

/** Groups of RFC 3526 by their length in bits, the same generator throughout. */
const GROUPS = [
  [2048, "modp14"],
  [3072, "modp15"],
  [4096, "modp16"],
  [6144, "modp17"],
  [8192, "modp18"],
] as const;

/** Lets the server answer a group exchange, which `ssh2` leaves to clients. */
export function addGroupExchange(protocol: Exchanging): void {
  let exchange = protocol["_kex"];
  Object.defineProperty(protocol, "_kex", {
    get: () => exchange,
    set: (made: Exchange) => {
      exchange = made;
      if (made.type === "groupex") made.parse = (payload) => request(protocol, made, payload);
    },
  });
}

/** SSH_MSG_KEX_DH_GEX_REQUEST: chooses a group as sshd does, and sends it. */
function request(protocol: Exchanging, exchange: Exchange, payload: Buffer): void {
  if (payload.readUInt8(0) !== MESSAGE.gexRequest || payload.length !== 13) {
    throw new Error("no request for a group");
  }
  const [min, preferred, max] = [1, 5, 9].map((at) => payload.readUInt32BE(at)) as [
    number,
    number,
    number,
  ];
  if (preferred < min || max < preferred) throw new Error("group out of range");
  exchange["_minBits"] = min;
  exchange["_prefBits"] = preferred;
  exchange["_maxBits"] = max;
  exchange["_dh"] = createDiffieHellmanGroup(groupOf(preferred, max));
  exchange["_public"] = exchange["_dh"].generateKeys();
  const { prime, generator } = exchange.getDHParams();
  send(
    protocol,
    Buffer.concat([Buffer.from([MESSAGE.gexGroup]), ...[prime, generator].map(mpint)]),
  );
  exchange.parse = (next) => init(protocol, exchange, next);
}

/** The smallest group that is long enough; a client of shorter ones gets the shortest there is. */
export function groupOf(preferredBits: number, maxBits: number): string {
  const wanted = Math.min(Math.max(preferredBits, MIN_BITS), MAX_BITS);
  const found = GROUPS.find(([bits]) => bits >= wanted && bits <= maxBits);
  return found?.[1] ?? GROUPS.findLast(([bits]) => bits <= maxBits)?.[1] ?? "modp14";
}

/** SSH_MSG_KEX_DH_GEX_INIT: from here on all is as with a group that both knew, but for numbers. */
function init(protocol: Exchanging, exchange: Exchange, payload: Buffer): unknown {
  if (payload.readUInt8(0) !== MESSAGE.gexInit) throw new Error("no value for the group");
  const plain: Exchange = Object.getPrototypeOf(Object.getPrototypeOf(exchange));
  const { write } = protocol["_packetRW"];
  const finalize = write.finalize;
  write.finalize = (packet, force) => {
    const at = write.allocStartKEX;
    if (packet[at] === MESSAGE.reply) packet[at] = MESSAGE.gexReply;
    return finalize.call(write, packet, force);
  };
  exchange.parse = plain.parse;
  payload.writeUInt8(MESSAGE.init, 0);
  try {
    return exchange.parse(payload);
  } finally {
    write.finalize = finalize;
  }
}

function mpint(value: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, value]);
}

function send(protocol: Exchanging, payload: Buffer): void {
  const { write } = protocol["_packetRW"];
  const at = write.allocStartKEX;
  const packet = write.alloc(payload.length, true);
  packet.set(payload, at);
  protocol["_cipher"].encrypt(write.finalize(packet, true));
}
