import { timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { createUmac, type Umac } from "./umac.ts";

/**
 * UMAC for the packets of `ssh2`, which has none: what it makes for a direction is bent to compute
 * the tag here. The shape of its objects is pinned by package-lock.json.
 */
interface MacInfo {
  readonly sslName: string;
  readonly len: number;
  readonly actualLen: number;
  readonly isETM: boolean;
}

interface LibraryCrypto {
  readonly MAC_INFO: Record<string, MacInfo>;
  /** Whether the library's addon was built: it keeps keys where nothing here can reach them. */
  readonly bindingAvailable: boolean;
}

interface Stepwise {
  update(bytes: Uint8Array): Buffer;
}

/** What the library makes of a cipher with a MAC of its own, for packets to the client. */
interface Sealer {
  readonly _macSSLName?: string;
  readonly _macKey: Buffer;
  readonly _macETM: boolean;
  readonly _cipherInstance: Stepwise;
  readonly _onWrite: (bytes: Uint8Array) => void;
  readonly _dead: boolean;
  outSeqno: number;
  encrypt(packet: Buffer): void;
}

/** The same for packets from the client. */
interface Opener {
  readonly _macSSLName?: string;
  readonly _macKey: Buffer;
  readonly _macETM: boolean;
  readonly _decipherInstance: Stepwise;
  readonly _blockSize: number;
  /** Gives false or a place in the chunk if the rest must be read anew: the keys have changed. */
  readonly _onPayload: (payload: Buffer) => boolean | number | undefined;
  inSeqno: number;
  decrypt(chunk: Buffer, from: number, end: number): number | undefined;
}

export interface PacketCrypto {
  _cipher: object;
  _decipher: object;
}

const KEY_BYTES = 16;
const MAX_PACKET_BYTES = 35_000;
const TAG_BYTES: Readonly<Record<string, 8 | 16>> = { "umac-64": 8, "umac-128": 16 };

const library: LibraryCrypto = createRequire(import.meta.url)("ssh2/lib/protocol/crypto.js");
for (const [sslName, actualLen] of Object.entries(TAG_BYTES)) {
  const info = { sslName, len: KEY_BYTES, actualLen };
  library.MAC_INFO[`${sslName}@openssh.com`] = { ...info, isETM: false };
  library.MAC_INFO[`${sslName}-etm@openssh.com`] = { ...info, isETM: true };
}

/** Whether tags can be computed in this process. */
export const hasUmac = !library.bindingAvailable;

/** From now on gives whatever the connection is to encrypt with, either way, its tags. */
export function addUmac(protocol: PacketCrypto): void {
  let { _cipher: sealer, _decipher: opener } = protocol;
  Object.defineProperties(protocol, {
    _cipher: {
      get: () => sealer,
      set: (made: object) => {
        sealer = made;
        bendSealer(made as Sealer);
      },
    },
    _decipher: {
      get: () => opener,
      set: (made: object) => {
        opener = made;
        bendOpener(made as Opener);
      },
    },
  });
}

function bendSealer(sealer: Sealer): void {
  const tagBytes = TAG_BYTES[sealer["_macSSLName"] ?? ""];
  if (tagBytes === undefined) return;
  const umac = createUmac(sealer["_macKey"], tagBytes);
  const cipher = sealer["_cipherInstance"];
  sealer.encrypt = (packet) => {
    if (sealer["_dead"]) return;
    const nonce = BigInt(sealer.outSeqno);
    const clear = sealer["_macETM"] ? 4 : 0;
    const sealed = Buffer.concat([
      packet.subarray(0, clear),
      cipher.update(packet.subarray(clear)),
    ]);
    sealer["_onWrite"](sealed);
    sealer["_onWrite"](umac.tag(sealer["_macETM"] ? sealed : packet, nonce));
    sealer.outSeqno = (sealer.outSeqno + 1) >>> 0;
  };
}

function bendOpener(opener: Opener): void {
  const tagBytes = TAG_BYTES[opener["_macSSLName"] ?? ""];
  if (tagBytes === undefined) return;
  const umac = createUmac(opener["_macKey"], tagBytes);
  const headBytes = opener["_macETM"] ? 4 : opener["_blockSize"];
  const held = new Held();
  /** The first bytes of the packet that is coming, in clear: they tell its length. */
  let head: Buffer | null = null;
  opener.decrypt = (chunk, from, end) => {
    held.add(chunk.subarray(from, end));
    for (;;) {
      if (head === null) {
        if (held.bytes < headBytes) return undefined;
        const first = held.take(headBytes);
        head = opener["_macETM"] ? first : opener["_decipherInstance"].update(first);
      }
      const length = head.readUInt32BE(0);
      const sealedBytes = 4 + length - headBytes;
      if (length > MAX_PACKET_BYTES || length < 5 || sealedBytes % opener["_blockSize"] !== 0) {
        throw new Error("Bad packet length");
      }
      if (held.bytes < sealedBytes + tagBytes) return undefined;
      const packet = open(opener, umac, head, held.take(sealedBytes), held.take(tagBytes));
      head = null;
      opener.inSeqno = (opener.inSeqno + 1) >>> 0;
      const next = opener["_onPayload"](packet.subarray(5, packet.length - packet.readUInt8(4)));
      if (next !== undefined) return next === false ? end - held.bytes : Number(next);
    }
  };
}

/** @returns The packet in clear, its length first. @throws {Error} If its tag is wrong. */
function open(opener: Opener, umac: Umac, head: Buffer, sealed: Buffer, tag: Buffer): Buffer {
  const packet = Buffer.concat([head, opener["_decipherInstance"].update(sealed)]);
  const tagged = opener["_macETM"] ? Buffer.concat([head, sealed]) : packet;
  if (!timingSafeEqual(umac.tag(tagged, BigInt(opener.inSeqno)), tag))
    throw new Error("Invalid MAC");
  return packet;
}

/** Bytes that wait for more; joined only when enough are there, however small they come. */
class Held {
  private pieces: Buffer[] = [];
  bytes = 0;

  add(piece: Buffer): void {
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  take(count: number): Buffer {
    const all = Buffer.concat(this.pieces);
    this.pieces = [all.subarray(count)];
    this.bytes -= count;
    return all.subarray(0, count);
  }
}
