import type { Connection } from "ssh2";
import { isStrictOffer, type Offer } from "./algorithms.ts";
import { addGroupExchange, type Exchanging } from "./group-exchange.ts";
import { addUmac, hasUmac, type PacketCrypto } from "./umac-packets.ts";

/**
 * What `ssh2` does not let a caller set, but OpenSSH shows on the wire: the exact lists of its
 * KEXINIT, its EXT_INFO, the words of its disconnect message, how it answers methods it lacks.
 * It reaches into the library's protocol object, whose shape package-lock.json pins.
 */
interface Internals {
  readonly _protocol: Protocol;
}

interface NameList {
  array: readonly string[];
}

interface Direction {
  readonly cipher: NameList;
  readonly mac: NameList;
}

interface KexOffer {
  readonly lists: { readonly kex: NameList; readonly cs: Direction; readonly sc: Direction };
  readonly constructor: new (lists: object) => KexOffer;
}

interface Protocol {
  _offer: KexOffer;
  _strictMode: boolean | undefined;
  readonly _kexinit: Buffer | undefined;
  readonly _kex: { remoteExtInfoEnabled: boolean } | undefined;
  readonly _handlers: Record<string, (...args: unknown[]) => void>;
  _onHandshakeComplete: (...args: unknown[]) => void;
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(bytes: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  readonly _cipher: { encrypt(packet: Buffer): void };
  readonly _destruct: unknown;
  authFailure(methods: readonly string[]): void;
}

const protocolOf = (client: Connection) => (client as unknown as Internals)["_protocol"];

/** Offered on the wire, never agreed on. */
const isBeyondProcess = (name: string) => !hasUmac && name.startsWith("umac-");

const MESSAGE = { disconnect: 1, extInfo: 7, globalRequest: 80 } as const;
const TOO_MANY = 2;
const METHODS = new Set(["none", "password", "publickey", "hostbased", "keyboard-interactive"]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Sends one packet outside of a key exchange. */
function send(protocol: Protocol, payload: Buffer): void {
  if (protocol["_kexinit"] !== undefined || protocol["_destruct"] === undefined) return;
  const { write } = protocol["_packetRW"];
  const at = write.allocStart;
  const packet = write.alloc(payload.length);
  packet.set(payload, at);
  protocol["_cipher"].encrypt(write.finalize(packet));
}

/**
 * Makes a connection speak as the claimed build. To be called when the library announces it: after
 * the client's identification was read, before the server's KEXINIT is sent.
 *
 * @param methods What it lists as able to continue when a login fails.
 */
export function speakAsOpenssh(client: Connection, offer: Offer, methods: readonly string[]): void {
  const protocol = protocolOf(client);
  const direction = { cipher: offer.cipher, mac: offer.mac, compress: offer.compress, lang: [] };
  const lists = { kex: offer.kex, serverHostKey: offer.hostKey, cs: direction, sc: direction };
  const own = new protocol["_offer"].constructor(lists);
  for (const { mac } of [own.lists.cs, own.lists.sc]) {
    mac.array = mac.array.filter((name) => !isBeyondProcess(name));
  }
  protocol["_offer"] = own;
  addUmac(protocol as unknown as PacketCrypto);
  addGroupExchange(protocol as unknown as Exchanging);
  // The library would take strict mode from the client's word alone.
  if (!isStrictOffer(offer)) protocol["_strictMode"] = false;

  const completed = protocol["_onHandshakeComplete"];
  protocol["_onHandshakeComplete"] = (...args) => {
    if (protocol["_kex"]?.remoteExtInfoEnabled === true) {
      protocol["_kex"].remoteExtInfoEnabled = false;
      const signatures = string(offer.signature.join(","));
      const parts = [
        Buffer.from([MESSAGE.extInfo]),
        uint32(1),
        string("server-sig-algs"),
        signatures,
      ];
      send(protocol, Buffer.concat(parts));
    }
    completed(...args);
  };

  const request = protocol["_handlers"]["USERAUTH_REQUEST"];
  protocol["_handlers"]["USERAUTH_REQUEST"] = (...args) => {
    if (METHODS.has(String(args[3]))) request?.(...args);
    else protocol.authFailure(methods);
  };
}

/** Tells the client of the server's keys, as sshd does after a login (PROTOCOL, section 2.5). */
export function announceHostKeys(client: Connection, blobs: readonly Buffer[]): void {
  const head = [
    Buffer.from([MESSAGE.globalRequest]),
    string("hostkeys-00@openssh.com"),
    Buffer.from([0]),
  ];
  send(protocolOf(client), Buffer.concat([...head, ...blobs.map(string)]));
}

/** `Too many authentication failures`, in the words of sshd; the caller then ends the stream. */
export function disconnectTooMany(client: Connection): void {
  const parts = [
    Buffer.from([MESSAGE.disconnect]),
    uint32(TOO_MANY),
    string("Too many authentication failures"),
    string(""),
  ];
  send(protocolOf(client), Buffer.concat(parts));
}
