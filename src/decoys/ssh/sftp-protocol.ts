/** Packets of the SSH file transfer protocol, version 3 (draft-ietf-secsh-filexfer-02). */
export type SftpRequest = { readonly id: number } & (
  | { readonly kind: "open"; readonly path: string; readonly flags: number; readonly mode: number }
  | { readonly kind: "close"; readonly handle: string }
  | {
      readonly kind: "read";
      readonly handle: string;
      readonly offset: number;
      readonly bytes: number;
    }
  | {
      readonly kind: "write";
      readonly handle: string;
      readonly offset: number;
      readonly data: string;
    }
  | {
      readonly kind: "fstat" | "readdir";
      readonly handle: string;
    }
  | { readonly kind: "fsetstat"; readonly handle: string; readonly mode: number | null }
  | { readonly kind: "setstat" | "mkdir"; readonly path: string; readonly mode: number | null }
  | {
      readonly kind: "lstat" | "stat" | "opendir" | "remove" | "rmdir" | "realpath" | "readlink";
      readonly path: string;
    }
  | { readonly kind: "rename" | "symlink"; readonly path: string; readonly target: string }
  | {
      readonly kind: "extended";
      readonly name: string;
      readonly path: string;
      readonly target: string;
    }
  | { readonly kind: "unknown" }
);

export type SftpFact =
  | { readonly kind: "init"; readonly version: number }
  | { readonly kind: "request"; readonly request: SftpRequest }
  | { readonly kind: "malformed" };

export const STATUS = {
  ok: 0,
  endOfFile: 1,
  missing: 2,
  denied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
} as const;

/** Words of sftp-server.c, `status_messages`. */
const WORDS = [
  "Success",
  "End of file",
  "No such file",
  "Permission denied",
  "Failure",
  "Bad message",
  "No connection",
  "Connection lost",
  "Operation unsupported",
];

export const FLAG = {
  read: 1,
  write: 2,
  append: 4,
  create: 8,
  truncate: 16,
  exclusive: 32,
} as const;
/** What sftp-server takes, SFTP_MAX_MSG_LENGTH. */
const MAX_PACKET_BYTES = 256 * 1024;
const PATHS = new Map([
  [7, "lstat"],
  [11, "opendir"],
  [13, "remove"],
  [15, "rmdir"],
  [16, "realpath"],
  [17, "stat"],
  [19, "readlink"],
] as const);

/** Cuts a client's bytes into packets, however they come, and reads each. */
export class SftpReader {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private over = false;

  *read(chunk: Buffer): Generator<SftpFact> {
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    while (!this.over && this.heldBytes >= 4) {
      const first = this.joined(4);
      const length = first.readUInt32BE(0);
      if (length === 0 || length > MAX_PACKET_BYTES) {
        this.over = true;
        yield { kind: "malformed" };
        return;
      }
      if (this.heldBytes < 4 + length) return;
      const all = this.joined(4 + length);
      this.held = [all.subarray(4 + length)];
      this.heldBytes -= 4 + length;
      const fact = parsePacket(all.subarray(4, 4 + length));
      if (fact.kind === "malformed") this.over = true;
      yield fact;
    }
  }

  /** All that is held, with at least `bytes` of it in one piece. */
  private joined(bytes: number): Buffer {
    const [first] = this.held;
    if (first !== undefined && first.length >= bytes) {
      return this.held.length === 1 || bytes === 4 ? first : this.join();
    }
    return this.join();
  }

  private join(): Buffer {
    const all = Buffer.concat(this.held);
    this.held = [all];
    return all;
  }
}

/** @param packet Type and body, without the length. */
export function parsePacket(packet: Buffer): SftpFact {
  const body = new Body(packet);
  const type = body.byte();
  if (type === 1)
    return body.bad ? { kind: "malformed" } : { kind: "init", version: body.uint32() };
  const id = body.uint32();
  const request = { id, ...readRequest(type, body) } as SftpRequest;
  return body.bad ? { kind: "malformed" } : { kind: "request", request };
}

function readRequest(type: number, body: Body): object {
  const kind = PATHS.get(type as 7);
  if (kind !== undefined) return { kind, path: body.string() };
  switch (type) {
    case 3: {
      const [path, flags] = [body.string(), body.uint32()];
      return { kind: "open", path, flags, mode: body.mode() ?? 0o666 };
    }
    case 4:
      return { kind: "close", handle: body.string() };
    case 5:
      return { kind: "read", handle: body.string(), offset: body.uint64(), bytes: body.uint32() };
    case 6:
      return { kind: "write", handle: body.string(), offset: body.uint64(), data: body.string() };
    case 8:
      return { kind: "fstat", handle: body.string() };
    case 9:
      return { kind: "setstat", path: body.string(), mode: body.mode() };
    case 10:
      return { kind: "fsetstat", handle: body.string(), mode: body.mode() };
    case 12:
      return { kind: "readdir", handle: body.string() };
    case 14:
      return { kind: "mkdir", path: body.string(), mode: body.mode() };
    case 18:
      return { kind: "rename", path: body.string(), target: body.string() };
    case 20:
      // OpenSSH sends the two in an order of its own: what the link holds comes first.
      return { kind: "symlink", target: body.string(), path: body.string() };
    case 200:
      return { kind: "extended", name: body.string(), path: body.rest(), target: body.rest() };
    default:
      return { kind: "unknown" };
  }
}

/** Reads fields one after the other; `bad` once one was not there. */
class Body {
  bad = false;
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(): number {
    return this.take(1)?.readUInt8(0) ?? 0;
  }

  uint32(): number {
    return this.take(4)?.readUInt32BE(0) ?? 0;
  }

  uint64(): number {
    return Number(this.take(8)?.readBigUInt64BE(0) ?? 0n);
  }

  /** As Latin-1. */
  string(): string {
    return this.take(this.uint32())?.toString("latin1") ?? "";
  }

  /** A string if one more is there. */
  rest(): string {
    return this.at < this.bytes.length ? this.string() : "";
  }

  /** Permission bits of an ATTRS; null if it has none. */
  mode(): number | null {
    const flags = this.uint32();
    if (flags & 1) this.take(8);
    if (flags & 2) this.take(8);
    const mode = flags & 4 ? this.uint32() & 0o7777 : null;
    if (flags & 8) this.take(8);
    return mode;
  }

  private take(count: number): Buffer | null {
    if (this.bad || this.at + count > this.bytes.length) {
      this.bad = true;
      return null;
    }
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

export interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly bytes: number;
  readonly mtimeMs: number;
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const string = (value: string) =>
  Buffer.concat([uint32(value.length), Buffer.from(value, "latin1")]);

function packet(type: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([type]), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
}

/** @param extensions Name and version in turn. */
export function versionPacket(extensions: readonly (readonly [string, string])[]): Buffer {
  return packet(2, uint32(3), ...extensions.flat().map(string));
}

export function statusPacket(id: number, code: number): Buffer {
  return packet(101, uint32(id), uint32(code), string(WORDS[code] ?? "Failure"), string(""));
}

export const handlePacket = (id: number, handle: string): Buffer =>
  packet(102, uint32(id), string(handle));

export const dataPacket = (id: number, data: string): Buffer =>
  packet(103, uint32(id), string(data));

export const attributesPacket = (id: number, attributes: Attributes): Buffer =>
  packet(105, uint32(id), attributesOf(attributes));

/** SSH_FXP_NAME; `line` is what `ls -l` would print. */
export function namePacket(
  id: number,
  names: readonly {
    readonly name: string;
    readonly line: string;
    readonly attributes: Attributes | null;
  }[],
): Buffer {
  const parts = names.flatMap(({ name, line, attributes }) => [
    string(name),
    string(line),
    attributes === null ? uint32(0) : attributesOf(attributes),
  ]);
  return packet(104, uint32(id), uint32(names.length), ...parts);
}

function attributesOf({ mode, uid, gid, bytes, mtimeMs }: Attributes): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(bytes));
  const seconds = uint32(Math.floor(mtimeMs / 1000));
  return Buffer.concat([
    uint32(15),
    size,
    uint32(uid),
    uint32(gid),
    uint32(mode),
    seconds,
    seconds,
  ]);
}
