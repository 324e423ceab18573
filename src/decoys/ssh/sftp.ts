import { groupName, modeText, ownerName } from "../shell/commands/listing.ts";
import { strftime } from "../shell/dates.ts";
import type { Shell } from "../shell/shell.ts";
import { type Entry, type Fault, isFault, sizeOf } from "../shell/tree.ts";
import { Upload } from "../shell/upload.ts";
import {
  type Attributes,
  attributesPacket,
  dataPacket,
  FLAG,
  handlePacket,
  namePacket,
  SftpReader,
  type SftpRequest,
  STATUS,
  statusPacket,
  versionPacket,
} from "./sftp-protocol.ts";

/** What sftp-server of OpenSSH names in its VERSION; 8.0 added the last. */
const EXTENSIONS = [
  ["posix-rename@openssh.com", "1"],
  ["statvfs@openssh.com", "2"],
  ["fstatvfs@openssh.com", "2"],
  ["hardlink@openssh.com", "1"],
  ["fsync@openssh.com", "1"],
  ["lsetstat@openssh.com", "1"],
] as const;
const MAX_HANDLES = 100;
const MAX_READ_BYTES = 64 * 1024;
const NAMES_AT_ONCE = 100;
const TYPE_BITS = { directory: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 };

type Handle =
  | { readonly kind: "reading"; readonly path: string; readonly content: string }
  | { readonly kind: "writing"; readonly path: string; readonly upload: Upload }
  | { readonly kind: "listing"; readonly path: string; readonly names: string[] };

/** Serves files of a visitor's disk (sftp-server(8)): what is brought is kept as data. */
export class SftpServer {
  private readonly shell: Shell;
  private readonly write: (packet: Buffer) => void;
  private readonly hangUp: () => void;
  private readonly reader = new SftpReader();
  private readonly handles = new Map<string, Handle>();
  private made = 0;

  constructor(shell: Shell, write: (packet: Buffer) => void, hangUp: () => void) {
    this.shell = shell;
    this.write = write;
    this.hangUp = hangUp;
  }

  receive(chunk: Buffer): void {
    for (const fact of this.reader.read(chunk)) {
      switch (fact.kind) {
        case "init": {
          const [, major = "8"] =
            /OpenSSH_(\d+)/.exec(this.shell.machine.persona.release.versions["ssh"] ?? "") ?? [];
          this.write(versionPacket(Number(major) >= 8 ? EXTENSIONS : EXTENSIONS.slice(0, -1)));
          break;
        }
        case "request":
          this.write(this.answer(fact.request));
          break;
        case "malformed":
          this.hangUp();
      }
    }
  }

  /** The client is gone: what it did not finish is kept as far as it came. */
  close(): void {
    for (const handle of this.handles.values()) {
      if (handle.kind === "writing" && handle.upload.bytes > 0) handle.upload.close();
    }
    this.handles.clear();
  }

  private answer(request: SftpRequest): Buffer {
    const { id } = request;
    const { disk } = this.shell;
    switch (request.kind) {
      case "realpath":
        return namePacket(id, [this.named(this.absolute(request.path))]);
      case "stat":
      case "lstat": {
        const entry = disk.stat("/", this.absolute(request.path), request.kind === "stat");
        return isFault(entry) ? refusal(id, entry) : attributesPacket(id, attributesOf(entry));
      }
      case "open":
        return this.open(id, request.path, request.flags, request.mode);
      case "opendir": {
        const children = disk.list("/", this.absolute(request.path));
        if (isFault(children)) return refusal(id, children);
        const names = [".", "..", ...children.keys()];
        return this.handle(id, { kind: "listing", path: this.absolute(request.path), names });
      }
      case "mkdir": {
        const path = this.absolute(request.path);
        const refused = disk.mkdir("/", path);
        if (refused === null && request.mode !== null)
          disk.change("/", path, { mode: request.mode & ~disk.umask });
        return outcome(id, refused);
      }
      case "remove":
      case "rmdir": {
        const path = this.absolute(request.path);
        const entry = disk.stat("/", path, false);
        if (isFault(entry)) return refusal(id, entry);
        if ((entry.kind === "directory") !== (request.kind === "rmdir"))
          return statusPacket(id, STATUS.failure);
        return outcome(id, disk.remove("/", path));
      }
      case "setstat":
        if (request.mode === null) return statusPacket(id, STATUS.ok);
        return outcome(id, disk.change("/", this.absolute(request.path), { mode: request.mode }));
      case "readlink": {
        const entry = disk.stat("/", this.absolute(request.path), false);
        if (isFault(entry)) return refusal(id, entry);
        if (entry.kind !== "link") return statusPacket(id, STATUS.failure);
        return namePacket(id, [this.named(entry.target)]);
      }
      case "rename":
        return this.rename(id, request.path, request.target, false);
      case "symlink":
        return outcome(id, disk.link("/", request.target, this.absolute(request.path)));
      case "extended":
        if (request.name === "posix-rename@openssh.com")
          return this.rename(id, request.path, request.target, true);
        if (request.name === "fsync@openssh.com") return statusPacket(id, STATUS.ok);
        return statusPacket(id, STATUS.unsupported);
      case "unknown":
        return statusPacket(id, STATUS.unsupported);
      case "close":
      case "read":
      case "write":
      case "fstat":
      case "fsetstat":
      case "readdir":
      default: {
        const handle = this.handles.get(request.handle);
        return handle === undefined
          ? statusPacket(id, STATUS.failure)
          : this.withHandle(request, handle);
      }
    }
  }

  private withHandle(
    request: Extract<SftpRequest, { readonly handle: string }>,
    handle: Handle,
  ): Buffer {
    const { id } = request;
    switch (request.kind) {
      case "close":
        this.handles.delete(request.handle);
        return outcome(id, handle.kind === "writing" ? handle.upload.close() : null);
      case "read": {
        if (handle.kind === "listing") return statusPacket(id, STATUS.failure);
        const content = handle.kind === "reading" ? handle.content : handle.upload.content;
        const end = request.offset + Math.min(request.bytes, MAX_READ_BYTES);
        const data = content.slice(request.offset, end);
        return data === "" ? statusPacket(id, STATUS.endOfFile) : dataPacket(id, data);
      }
      case "write":
        if (handle.kind !== "writing") return statusPacket(id, STATUS.failure);
        handle.upload.write(request.data, request.offset);
        return statusPacket(id, STATUS.ok);
      case "readdir": {
        if (handle.kind !== "listing") return statusPacket(id, STATUS.failure);
        const names = handle.names.splice(0, NAMES_AT_ONCE);
        if (names.length === 0) return statusPacket(id, STATUS.endOfFile);
        return namePacket(
          id,
          names.map((name) => this.listed(handle.path, name)),
        );
      }
      case "fstat": {
        const entry = this.shell.disk.stat("/", handle.path);
        if (isFault(entry)) return refusal(id, entry);
        const attributes = attributesOf(entry);
        const bytes = handle.kind === "writing" ? handle.upload.bytes : attributes.bytes;
        return attributesPacket(id, { ...attributes, bytes });
      }
      case "fsetstat":
      default:
        if (request.mode === null) return statusPacket(id, STATUS.ok);
        return outcome(id, this.shell.disk.change("/", handle.path, { mode: request.mode }));
    }
  }

  private open(id: number, name: string, flags: number, mode: number): Buffer {
    const { disk } = this.shell;
    const path = this.absolute(name);
    const entry = disk.stat("/", path);
    if ((flags & FLAG.write) === 0) {
      const content = disk.read("/", path);
      return isFault(content)
        ? refusal(id, content)
        : this.handle(id, { kind: "reading", path, content });
    }
    const isNew = isFault(entry);
    if (isNew && (flags & FLAG.create) === 0) return refusal(id, entry);
    if (!isNew && (flags & FLAG.exclusive) !== 0) return statusPacket(id, STATUS.failure);
    const keeps = (flags & FLAG.truncate) === 0 && !isNew;
    const before = keeps ? disk.read("/", path) : "";
    if (isFault(before)) return refusal(id, before);
    // The file is there from now on, as open(2) leaves it; its content comes when it is closed.
    const refused = disk.write("/", path, "", keeps);
    if (refused !== null) return refusal(id, refused);
    if (isNew) disk.change("/", path, { mode: mode & 0o777 & ~disk.umask });
    const upload = new Upload(disk, "/", path, "sftp");
    if (before !== "") upload.write(before);
    return this.handle(id, { kind: "writing", path, upload });
  }

  private rename(id: number, from: string, to: string, replaces: boolean): Buffer {
    const { disk } = this.shell;
    const [source, target] = [this.absolute(from), this.absolute(to)];
    const entry = disk.stat("/", source, false);
    if (isFault(entry)) return refusal(id, entry);
    if (!replaces && !isFault(disk.stat("/", target, false)))
      return statusPacket(id, STATUS.failure);
    return outcome(id, disk.plant("/", target, entry) ?? disk.remove("/", source, true));
  }

  private handle(id: number, handle: Handle): Buffer {
    if (this.handles.size >= MAX_HANDLES) return statusPacket(id, STATUS.failure);
    const name = Buffer.alloc(4);
    name.writeUInt32BE(this.made++);
    this.handles.set(name.toString("latin1"), handle);
    return handlePacket(id, name.toString("latin1"));
  }

  /** As realpath(3): relative to the account's home, without `.` and `..`. */
  private absolute(path: string): string {
    const full = path.startsWith("/") ? path : `${this.shell.cwd}/${path}`;
    const parts: string[] = [];
    for (const part of full.split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }

  private named(name: string) {
    return { name, line: name, attributes: null };
  }

  private listed(directory: string, name: string) {
    const { shell } = this;
    const entry = shell.disk.stat("/", this.absolute(`${directory}/${name}`), false);
    if (isFault(entry)) return this.named(name);
    const when = strftime("%b %e %H:%M", entry.mtimeMs, shell.machine.persona.timeZone);
    const owners = `${ownerName(shell, entry.uid).padEnd(8)} ${groupName(shell, entry.gid).padEnd(8)}`;
    const line = `${modeText(entry)}    1 ${owners} ${String(sizeOf(entry)).padStart(8)} ${when} ${name}`;
    return { name, line, attributes: attributesOf(entry) };
  }
}

function attributesOf(entry: Entry): Attributes {
  const { uid, gid, mtimeMs } = entry;
  return { mode: entry.mode | TYPE_BITS[entry.kind], uid, gid, mtimeMs, bytes: sizeOf(entry) };
}

function refusal(id: number, { fault }: Fault): Buffer {
  switch (fault) {
    case "No such file or directory":
    case "Not a directory":
    case "Too many levels of symbolic links":
      return statusPacket(id, STATUS.missing);
    case "Permission denied":
    case "Operation not permitted":
      return statusPacket(id, STATUS.denied);
    default:
      return statusPacket(id, STATUS.failure);
  }
}

const outcome = (id: number, refused: Fault | null): Buffer =>
  refused === null ? statusPacket(id, STATUS.ok) : refusal(id, refused);
