/**
 * An immutable file system: writing returns a new root that shares all that did not change, so that
 * every session of a decky can start from one tree and keep its own writes to itself.
 *
 * Text is bytes: every character of a string is one byte (Latin-1), as on a real disk.
 */
export type Entry = Directory | RegularFile | SymbolicLink | Device;

export interface Meta {
  /** Permission bits with set-uid, set-gid and sticky: 0o7777 at most. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
}

export interface Directory extends Meta {
  readonly kind: "directory";
  readonly children: ReadonlyMap<string, Entry>;
}

export interface RegularFile extends Meta {
  readonly kind: "file";
  /** A function where the content changes with time (/proc, logs) or is long and seldom read. */
  readonly content: string | ((nowMs: number) => string);
  /** Size that `ls` prints; null takes that of the content. */
  readonly bytes: number | null;
  /** Program of the distribution that this file holds, also under another name. */
  readonly program: string | null;
}

export interface SymbolicLink extends Meta {
  readonly kind: "link";
  readonly target: string;
}

export interface Device extends Meta {
  readonly kind: "device";
  readonly letter: "b" | "c";
  readonly major: number;
  readonly minor: number;
}

/** Why the kernel would refuse, in the words of strerror(3). */
export interface Fault {
  readonly fault: string;
}

export const fault = (why: keyof typeof FAULTS): Fault => FAULTS[why];

const FAULTS = {
  missing: { fault: "No such file or directory" },
  notDirectory: { fault: "Not a directory" },
  isDirectory: { fault: "Is a directory" },
  denied: { fault: "Permission denied" },
  exists: { fault: "File exists" },
  loop: { fault: "Too many levels of symbolic links" },
  full: { fault: "No space left on device" },
  notEmpty: { fault: "Directory not empty" },
  notPermitted: { fault: "Operation not permitted" },
  nameTooLong: { fault: "File name too long" },
  readOnly: { fault: "Read-only file system" },
} as const satisfies Record<string, Fault>;

export function isFault(value: object | string): value is Fault {
  return typeof value === "object" && "fault" in value;
}

/** Reads bytes, as Latin-1, as the text that they are. */
export const textOfBytes = (latin1: string) => Buffer.from(latin1, "latin1").toString("utf8");

/** Who asks: root may do all, others what the mode bits allow. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
}

const MAX_LINKS = 16;
const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;
const BITS = { read: 4, write: 2, search: 1 } as const;

export function allows(entry: Meta, who: Credentials, access: keyof typeof BITS): boolean {
  if (who.uid === 0) return true;
  const shift = entry.uid === who.uid ? 6 : entry.gid === who.gid ? 3 : 0;
  return ((entry.mode >> shift) & BITS[access]) !== 0;
}

/** Joins `path` to the directory `cwd` where it is relative. */
export function absolute(cwd: string, path: string): string {
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}

const partsOf = (path: string) => path.split("/").filter((part) => part !== "" && part !== ".");

/** Where a walk ended: the entry, if there is one, and its path free of links. */
export interface Place {
  readonly path: readonly string[];
  readonly entry: Entry | null;
}

/**
 * Follows `path` from the root as path_resolution(7) tells.
 *
 * @param path Absolute.
 * @param follow Whether a link in the last place is followed.
 * @returns The place; its entry is null when only the last name is missing.
 */
export function walk(
  root: Directory,
  path: string,
  who: Credentials,
  follow: boolean,
): Place | Fault {
  if (path.length > MAX_PATH_BYTES) return fault("nameTooLong");
  const pending = partsOf(path).toReversed();
  const trail: { name: string; entry: Entry }[] = [];
  let here: Entry = root;
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (here.kind !== "directory") return fault("notDirectory");
    if (!allows(here, who, "search")) return fault("denied");
    if (name.length > MAX_NAME_BYTES) return fault("nameTooLong");
    if (name === "..") {
      trail.pop();
      here = trail.at(-1)?.entry ?? root;
      continue;
    }
    const next: Entry | undefined = here.children.get(name);
    if (next === undefined) {
      if (pending.length > 0) return fault("missing");
      return { path: [...trail.map((step) => step.name), name], entry: null };
    }
    if (next.kind === "link" && (follow || pending.length > 0)) {
      if (++links > MAX_LINKS) return fault("loop");
      if (next.target.startsWith("/")) {
        trail.length = 0;
        here = root;
      }
      pending.push(...partsOf(next.target).toReversed());
      continue;
    }
    trail.push({ name, entry: next });
    here = next;
  }
  if (path.endsWith("/") && here.kind === "file") return fault("notDirectory");
  return { path: trail.map((step) => step.name), entry: here };
}

/** A root with `entry` at `path` (free of links, its parent there), or without it if null. */
export function place(
  root: Directory,
  path: readonly string[],
  entry: Entry | null,
  nowMs: number,
): Directory {
  const [name, ...rest] = path;
  if (name === undefined) return entry?.kind === "directory" ? entry : root;
  const children = new Map(root.children);
  if (rest.length > 0) {
    const child = children.get(name);
    if (child?.kind !== "directory") return root;
    children.set(name, place(child, rest, entry, nowMs));
    return { ...root, children };
  }
  const grew = !children.has(name);
  if (entry === null) children.delete(name);
  else children.set(name, entry);
  return { ...root, children, mtimeMs: grew || entry === null ? nowMs : root.mtimeMs };
}

export function contentOf(file: RegularFile, nowMs: number): string {
  return typeof file.content === "string" ? file.content : file.content(nowMs);
}

/** Size as stat(2) gives it. */
export function sizeOf(entry: Entry): number {
  switch (entry.kind) {
    case "directory":
      return 4096 * Math.ceil((entry.children.size + 1) / 100);
    case "link":
      return entry.target.length;
    case "device":
      return 0;
    case "file":
    default:
      if (entry.bytes !== null) return entry.bytes;
      return typeof entry.content === "string" ? entry.content.length : 0;
  }
}
