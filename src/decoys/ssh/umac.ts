import { createCipheriv } from "node:crypto";

/** UMAC of RFC 4418, with tags of 8 or 16 bytes, as OpenSSH uses it: the nonce has 8 bytes. */
export interface Umac {
  /** @param nonce 64 bits: in SSH the packet's number. */
  tag(message: Uint8Array, nonce: bigint): Buffer;
}

const BLOCK_BYTES = 16;
/** What one round of L1-HASH takes (section 5.2). */
const CHUNK_BYTES = 1024;
const P36 = 2n ** 36n - 5n;
const P64 = 2n ** 64n - 59n;
const MASK64 = 2n ** 64n - 1n;
/** Words of the message from here on do not fit the field, and are marked (section 5.3.2). */
const MAX_WORD = 2n ** 64n - 2n ** 32n;
/** So many products of 48 bits add up in a double without loss. */
const EXACT_PRODUCTS = 16;

type Block = (input: Buffer) => Buffer;

function aes128(key: Buffer): Block {
  return (input) => {
    const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
    return Buffer.concat([cipher.update(input), cipher.final()]);
  };
}

/** Section 3.2.1. */
function derive(encrypt: Block, index: number, bytes: number): Buffer {
  const counters = Buffer.alloc(Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES);
  for (let at = 0; at < counters.length; at += BLOCK_BYTES) {
    counters[at + 7] = index;
    counters.writeUInt32BE(at / BLOCK_BYTES + 1, at + 12);
  }
  return encrypt(counters).subarray(0, bytes);
}

/** One of the hashes that run side by side, each for 4 bytes of the tag (section 5.1). */
interface Lane {
  readonly l1: Uint32Array;
  readonly l2: bigint;
  readonly l3: readonly bigint[];
  readonly mask: number;
}

/** @param key 16 bytes. */
export function createUmac(key: Buffer, tagBytes: 8 | 16): Umac {
  const encrypt = aes128(key);
  const lanes = lanesOf(encrypt, tagBytes / 4);
  const pad = aes128(derive(encrypt, 0, BLOCK_BYTES));
  return {
    tag(message, nonce) {
      const counter = Buffer.alloc(BLOCK_BYTES);
      // With tags of half a block two nonces share one (section 4.1).
      const half = tagBytes === 8 ? Number(nonce & 1n) : 0;
      counter.writeBigUInt64BE(nonce - BigInt(half));
      const from = half * tagBytes;
      const tag = Buffer.from(pad(counter).subarray(from, from + tagBytes));
      for (const [index, lane] of lanes.entries()) {
        const at = index * 4;
        tag.writeUInt32BE((tag.readUInt32BE(at) ^ hash(lane, message)) >>> 0, at);
      }
      return tag;
    },
  };
}

function lanesOf(encrypt: Block, count: number): readonly Lane[] {
  const l1 = derive(encrypt, 1, CHUNK_BYTES + (count - 1) * BLOCK_BYTES);
  const l2 = derive(encrypt, 2, count * 24);
  const l3 = derive(encrypt, 3, count * 64);
  const masks = derive(encrypt, 4, count * 4);
  return Array.from({ length: count }, (_, index) => ({
    l1: Uint32Array.from({ length: CHUNK_BYTES / 4 }, (__, word) =>
      l1.readUInt32BE(index * BLOCK_BYTES + word * 4),
    ),
    l2: l2.readBigUInt64BE(index * 24) & 0x01ffffff01ffffffn,
    l3: Array.from({ length: 8 }, (__, word) => l3.readBigUInt64BE(index * 64 + word * 8) % P36),
    mask: masks.readUInt32BE(index * 4),
  }));
}

function hash(lane: Lane, message: Uint8Array): number {
  const sums: bigint[] = [];
  for (let at = 0; at === 0 || at < message.length; at += CHUNK_BYTES) {
    sums.push(chunkSum(lane.l1, message.subarray(at, at + CHUNK_BYTES)));
  }
  const [only = 0n] = sums;
  return sums.length === 1 ? fold(lane, 0n, only) : fold(lane, 0n, polynomial(lane.l2, sums));
}

/** NH and the length (section 5.2): a message may end within a chunk, which zeros then fill. */
function chunkSum(key: Uint32Array, chunk: Uint8Array): bigint {
  const padded = new Uint8Array(Math.max(32, Math.ceil(chunk.length / 32) * 32));
  padded.set(chunk);
  const words = new DataView(padded.buffer);
  let total = BigInt(chunk.length * 8);
  let [low, high, products] = [0, 0, 0];
  const settle = () => {
    total += BigInt(low) + (BigInt(high) << 16n);
    [low, high, products] = [0, 0, 0];
  };
  for (let at = 0; at < padded.length; at += 32) {
    for (let word = 0; word < 4; word++) {
      const place = at / 4 + word;
      const left = (words.getUint32(at + word * 4, true) + (key[place] ?? 0)) >>> 0;
      const right = (words.getUint32(at + word * 4 + 16, true) + (key[place + 4] ?? 0)) >>> 0;
      low += left * (right & 0xffff);
      high += left * (right >>> 16);
      if (++products === EXACT_PRODUCTS) settle();
    }
  }
  settle();
  return total & MASK64;
}

/** L2-HASH (section 5.3) of what an SSH packet can be, which is less than 2^24 bytes. */
function polynomial(key: bigint, words: readonly bigint[]): bigint {
  let value = 1n;
  for (const word of words) {
    if (word >= MAX_WORD) {
      value = (key * value + P64 - 1n) % P64;
      value = (key * value + word - 59n) % P64;
    } else value = (key * value + word) % P64;
  }
  return value;
}

/** L3-HASH (section 5.4) of 16 bytes. */
function fold(lane: Lane, high: bigint, low: bigint): number {
  let sum = 0n;
  for (const [index, factor] of lane.l3.entries()) {
    const half = index < 4 ? high : low;
    sum += ((half >> BigInt(48 - (index % 4) * 16)) & 0xffffn) * factor;
  }
  return (Number((sum % P36) & 0xffffffffn) ^ lane.mask) >>> 0;
}
