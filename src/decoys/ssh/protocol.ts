import { createHash } from "node:crypto";

/** What a client tells of itself before anything is encrypted. */
export interface ClientHello {
  /** Its identification without the line's end (RFC 4253, section 4.2). */
  readonly ident: string;
  /** Its KEXINIT; null if the connection ended before. */
  readonly kexInit: KexInit | null;
}

/** Name-lists of a KEXINIT from client to server (RFC 4253, section 7.1). */
export interface KexInit {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
}

/** How far the first bytes of a client have been understood. */
export type HelloProgress =
  | { readonly kind: "more" }
  | { readonly kind: "wrong"; readonly reason: string }
  | { readonly kind: "hello"; readonly hello: ClientHello };

const MAX_IDENT_BYTES = 8192;
const MAX_PACKET_BYTES = 35_000;
const KEXINIT = 20;

/** Reads the identification and the first packet out of all bytes so far. */
export function readHello(bytes: Buffer): HelloProgress {
  const newline = bytes.indexOf(10);
  if (newline < 0) {
    return bytes.length > MAX_IDENT_BYTES
      ? { kind: "wrong", reason: "no identification" }
      : { kind: "more" };
  }
  const ident = bytes.toString("latin1", 0, newline).replace(/\r$/, "");
  if (!ident.startsWith("SSH-")) return { kind: "wrong", reason: "no identification" };
  if (!/^SSH-(2\.0|1\.99)-/.test(ident)) return { kind: "wrong", reason: "protocol version" };
  const packet = bytes.subarray(newline + 1);
  if (packet.length < 6) return { kind: "more" };
  const length = packet.readUInt32BE(0);
  const padding = packet.readUInt8(4);
  if (length > MAX_PACKET_BYTES || padding + 2 > length)
    return { kind: "wrong", reason: "bad packet length" };
  if (packet.length < 4 + length) return { kind: "more" };
  const kexInit = parseKexInit(packet.subarray(5, 4 + length - padding));
  return kexInit === null
    ? { kind: "wrong", reason: "no key exchange" }
    : { kind: "hello", hello: { ident, kexInit } };
}

/** Reads the payload of a KEXINIT; null if it is none. */
export function parseKexInit(payload: Buffer): KexInit | null {
  if (payload.length < 17 || payload.readUInt8(0) !== KEXINIT) return null;
  const lists: string[][] = [];
  let at = 17;
  for (let index = 0; index < 10; index++) {
    if (at + 4 > payload.length) return null;
    const length = payload.readUInt32BE(at);
    at += 4;
    if (at + length > payload.length) return null;
    const text = payload.toString("latin1", at, at + length);
    lists.push(text === "" ? [] : text.split(","));
    at += length;
  }
  const [kex = [], hostKey = [], cipher = [], , mac = [], , compress = []] = lists;
  return { kex, hostKey, cipher, mac, compress };
}

/** Fingerprint of a client by what it offers (HASSH): MD5, hex. */
export function hasshOf(kexInit: KexInit): string {
  const { kex, cipher, mac, compress } = kexInit;
  const text = [kex, cipher, mac, compress].map((list) => list.join(",")).join(";");
  return createHash("md5").update(text).digest("hex");
}

/** Fingerprint of a public key as OpenSSH prints it: `SHA256:` and base64 without padding. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}
