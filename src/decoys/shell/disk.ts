import { randomBytes } from "node:crypto";
import { Captures } from "./captures.ts";
import {
  absolute,
  allows,
  type Credentials,
  contentOf,
  type Device,
  type Directory,
  type Entry,
  type Fault,
  fault,
  isFault,
  type Meta,
  type Place,
  place,
  type RegularFile,
  walk,
} from "./tree.ts";

/** What one visitor may write, so that no attacker can fill the memory of the process. */
const MAX_WRITTEN_BYTES = 8 * 1024 * 1024;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 2000;
const MAX_DEVICE_BYTES = 64 * 1024;
/** Parts of the tree that the kernel makes: nobody creates files there. */
const KERNEL_PARTS: ReadonlySet<string> = new Set(["proc", "sys"]);

/** A file system as one visitor has left it: kept from one of his sessions to the next. */
export interface Volume {
  root: Directory;
  /** Writes so far; deleting gives nothing back, as a bound needs no fairness. */
  writtenBytes: number;
  entries: number;
}

export const createVolume = (root: Directory): Volume => ({ root, writtenBytes: 0, entries: 0 });

/** One session's view of the file system: system calls over an immutable tree. */
export class Disk {
  who: Credentials;
  umask = 0o022;
  /** What was written, for the record. */
  readonly captures: Captures;
  private readonly volume: Volume;
  /** Replaces that of the volume: each session has processes of its own. */
  private readonly proc: Entry | null;
  private readonly nowMs: () => number;
  private composed: { readonly of: Directory; readonly root: Directory } | null = null;

  constructor(volume: Volume, proc: Entry | null, who: Credentials, nowMs: () => number) {
    this.volume = volume;
    this.proc = proc;
    this.who = who;
    this.nowMs = nowMs;
    this.captures = new Captures((path) => {
      const entry = this.stat("/", path, false);
      return !isFault(entry) && entry.kind === "file" ? contentOf(entry, nowMs()) : null;
    });
  }

  get root(): Directory {
    const { root } = this.volume;
    if (this.proc === null) return root;
    if (this.composed?.of !== root) {
      const children = new Map(root.children).set("proc", this.proc);
      this.composed = { of: root, root: { ...root, children } };
    }
    return this.composed.root;
  }

  /** The place at `path`, links followed; its entry may be missing. */
  locate(cwd: string, path: string, follow = true): Place | Fault {
    if (path === "") return fault("missing");
    return walk(this.root, absolute(cwd, path), this.who, follow);
  }

  stat(cwd: string, path: string, follow = true): Entry | Fault {
    const found = this.locate(cwd, path, follow);
    if (isFault(found)) return found;
    return found.entry ?? fault("missing");
  }

  read(cwd: string, path: string): string | Fault {
    const entry = this.stat(cwd, path);
    if (isFault(entry)) return entry;
    if (!allows(entry, this.who, "read")) return fault("denied");
    if (entry.kind === "directory") return fault("isDirectory");
    if (entry.kind === "device") return deviceText(entry);
    return entry.kind === "file" ? contentOf(entry, this.nowMs()) : "";
  }

  list(cwd: string, path: string): ReadonlyMap<string, Entry> | Fault {
    const entry = this.stat(cwd, path);
    if (isFault(entry)) return entry;
    if (entry.kind !== "directory") return fault("notDirectory");
    return allows(entry, this.who, "read") ? entry.children : fault("denied");
  }

  /**
   * Replaces or extends the file at `path`, making it if need be.
   *
   * @param bytes Its length, if `content` is only its beginning: the caller has it on record then.
   */
  write(
    cwd: string,
    path: string,
    content: string,
    append = false,
    bytes: number | null = null,
  ): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    const old = found.entry;
    if (old?.kind === "directory") return fault("isDirectory");
    if (old?.kind === "device") return null;
    if (old !== null && !allows(old, this.who, "write")) return fault("denied");
    if (old === null && path.endsWith("/")) return fault("isDirectory");
    const name = `/${found.path.join("/")}`;
    if (!append) this.captures.leaving(name);
    const before = append && old?.kind === "file" ? contentOf(old, this.nowMs()) : "";
    if (before.length + content.length > MAX_FILE_BYTES) return fault("full");
    this.volume.writtenBytes += content.length;
    if (this.volume.writtenBytes > MAX_WRITTEN_BYTES) return fault("full");
    const meta: Meta = old ?? this.owned(0o666);
    const file: RegularFile = {
      kind: "file",
      mode: meta.mode,
      uid: meta.uid,
      gid: meta.gid,
      mtimeMs: this.nowMs(),
      content: before + content,
      bytes,
      program: null,
    };
    const refused = this.put(found.path, file, old === null);
    if (refused === null && bytes === null) this.captures.wrote(name);
    return refused;
  }

  mkdir(cwd: string, path: string): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    if (found.entry !== null) return fault("exists");
    const entry: Directory = { kind: "directory", ...this.owned(0o777), children: new Map() };
    return this.put(found.path, entry, true);
  }

  link(cwd: string, target: string, path: string): Fault | null {
    const found = this.locate(cwd, path, false);
    if (isFault(found)) return found;
    if (found.entry !== null) return fault("exists");
    return this.put(found.path, { kind: "link", ...this.owned(0o777), mode: 0o777, target }, true);
  }

  /** Removes one entry; a directory with what is below it only if `deep`. */
  remove(cwd: string, path: string, deep = false): Fault | null {
    const found = this.locate(cwd, path, false);
    if (isFault(found)) return found;
    if (found.entry === null) return fault("missing");
    if (found.path.length === 0) return fault("notPermitted");
    if (found.entry.kind === "directory" && !deep && found.entry.children.size > 0) {
      return fault("notEmpty");
    }
    this.captures.leaving(`/${found.path.join("/")}`);
    return this.put(found.path, null, false);
  }

  /** Puts a copy of `entry` at `path`: the second half of a move or a copy. */
  plant(cwd: string, path: string, entry: Entry): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    const cost = measure(entry, MAX_ENTRIES);
    const { volume } = this;
    volume.entries += cost.entries;
    volume.writtenBytes += cost.bytes;
    if (volume.entries > MAX_ENTRIES || volume.writtenBytes > MAX_WRITTEN_BYTES) {
      return fault("full");
    }
    this.captures.leaving(`/${found.path.join("/")}`);
    return this.put(found.path, entry, false);
  }

  change(cwd: string, path: string, meta: Partial<Meta>): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    if (found.entry === null) return fault("missing");
    if (this.who.uid !== 0 && this.who.uid !== found.entry.uid) return fault("notPermitted");
    this.set(found.path, { ...found.entry, ...meta });
    return null;
  }

  private put(path: readonly string[], entry: Entry | null, isNew: boolean): Fault | null {
    if (KERNEL_PARTS.has(path[0] ?? "")) return fault(isNew ? "missing" : "denied");
    const parent = walk(this.root, `/${path.slice(0, -1).join("/")}`, this.who, true);
    if (isFault(parent)) return parent;
    if (parent.entry === null) return fault("missing");
    const creates = isNew || entry === null;
    if (creates && !allows(parent.entry, this.who, "write")) return fault("denied");
    if (isNew && ++this.volume.entries > MAX_ENTRIES) return fault("full");
    this.set(path, entry);
    return null;
  }

  private set(path: readonly string[], entry: Entry | null): void {
    this.volume.root = place(this.volume.root, path, entry, this.nowMs());
  }

  private owned(mode: number): Meta {
    return {
      mode: mode & ~this.umask,
      uid: this.who.uid,
      gid: this.who.gid,
      mtimeMs: this.nowMs(),
    };
  }
}

/** What a device has to read: as much as a program may take in. */
function deviceText({ major, minor }: Device): string {
  if (major !== 1) return "";
  if (minor === 5 || minor === 7) return "\0".repeat(MAX_DEVICE_BYTES);
  return minor === 8 || minor === 9 ? randomBytes(MAX_DEVICE_BYTES).toString("latin1") : "";
}

function measure(entry: Entry, limit: number): { entries: number; bytes: number } {
  if (entry.kind === "file") {
    return { entries: 1, bytes: typeof entry.content === "string" ? entry.content.length : 0 };
  }
  if (entry.kind !== "directory") return { entries: 1, bytes: 0 };
  const total = { entries: 1, bytes: 0 };
  for (const child of entry.children.values()) {
    const part = measure(child, limit);
    total.entries += part.entries;
    total.bytes += part.bytes;
    if (total.entries > limit) break;
  }
  return total;
}
