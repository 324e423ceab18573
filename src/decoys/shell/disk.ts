import {
  absolute,
  allows,
  type Credentials,
  contentOf,
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

/** What one session may write, so that no attacker can fill the memory of the process. */
const MAX_WRITTEN_BYTES = 8 * 1024 * 1024;
const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_ENTRIES = 2000;
/** Parts of the tree that the kernel makes: nobody creates files there. */
const KERNEL_PARTS: ReadonlySet<string> = new Set(["proc", "sys"]);

/** One session's view of the file system: system calls over an immutable tree. */
export class Disk {
  root: Directory;
  who: Credentials;
  umask = 0o022;
  /** Captured writes so far; deleting gives nothing back, as a bound needs no fairness. */
  private writtenBytes = 0;
  private entries = 0;
  private readonly nowMs: () => number;

  constructor(root: Directory, who: Credentials, nowMs: () => number) {
    this.root = root;
    this.who = who;
    this.nowMs = nowMs;
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
    return entry.kind === "file" ? contentOf(entry, this.nowMs()) : "";
  }

  list(cwd: string, path: string): ReadonlyMap<string, Entry> | Fault {
    const entry = this.stat(cwd, path);
    if (isFault(entry)) return entry;
    if (entry.kind !== "directory") return fault("notDirectory");
    return allows(entry, this.who, "read") ? entry.children : fault("denied");
  }

  /** Replaces or extends the file at `path`, making it if need be. */
  write(cwd: string, path: string, content: string, append = false): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    const old = found.entry;
    if (old?.kind === "directory") return fault("isDirectory");
    if (old?.kind === "device") return null;
    if (old !== null && !allows(old, this.who, "write")) return fault("denied");
    if (old === null && path.endsWith("/")) return fault("isDirectory");
    const before = append && old?.kind === "file" ? contentOf(old, this.nowMs()) : "";
    if (before.length + content.length > MAX_FILE_BYTES) return fault("full");
    this.writtenBytes += content.length;
    if (this.writtenBytes > MAX_WRITTEN_BYTES) return fault("full");
    const meta: Meta = old ?? this.owned(0o666);
    const file: RegularFile = {
      kind: "file",
      mode: meta.mode,
      uid: meta.uid,
      gid: meta.gid,
      mtimeMs: this.nowMs(),
      content: before + content,
      bytes: null,
      program: null,
    };
    return this.put(found.path, file, old === null);
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
    return this.put(found.path, null, false);
  }

  /** Puts a copy of `entry` at `path`: the second half of a move or a copy. */
  plant(cwd: string, path: string, entry: Entry): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    const cost = measure(entry, MAX_ENTRIES);
    this.entries += cost.entries;
    this.writtenBytes += cost.bytes;
    if (this.entries > MAX_ENTRIES || this.writtenBytes > MAX_WRITTEN_BYTES) return fault("full");
    return this.put(found.path, entry, false);
  }

  change(cwd: string, path: string, meta: Partial<Meta>): Fault | null {
    const found = this.locate(cwd, path);
    if (isFault(found)) return found;
    if (found.entry === null) return fault("missing");
    if (this.who.uid !== 0 && this.who.uid !== found.entry.uid) return fault("notPermitted");
    this.root = place(this.root, found.path, { ...found.entry, ...meta }, this.nowMs());
    return null;
  }

  private put(path: readonly string[], entry: Entry | null, isNew: boolean): Fault | null {
    if (KERNEL_PARTS.has(path[0] ?? "")) return fault(isNew ? "missing" : "denied");
    const parent = walk(this.root, `/${path.slice(0, -1).join("/")}`, this.who, true);
    if (isFault(parent)) return parent;
    if (parent.entry === null) return fault("missing");
    const creates = isNew || entry === null;
    if (creates && !allows(parent.entry, this.who, "write")) return fault("denied");
    if (isNew && ++this.entries > MAX_ENTRIES) return fault("full");
    this.root = place(this.root, path, entry, this.nowMs());
    return null;
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
