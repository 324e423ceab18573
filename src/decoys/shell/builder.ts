import type { Directory, Entry, Meta, RegularFile } from "./tree.ts";

interface Draft extends Meta {
  readonly children: Map<string, Draft | Exclude<Entry, Directory>>;
}

/** Puts a tree together path by path; directories on the way come by themselves. */
export class TreeBuilder {
  private readonly root: Draft;
  private readonly mtimeOf: (path: string) => number;

  /** @param mtimeOf When what stands at a path was last changed, unless told otherwise. */
  constructor(mtimeOf: (path: string) => number) {
    this.mtimeOf = mtimeOf;
    this.root = { mode: 0o755, uid: 0, gid: 0, mtimeMs: mtimeOf("/"), children: new Map() };
  }

  directory(path: string, meta: Partial<Meta> = {}): void {
    const parts = path.split("/").filter((part) => part !== "");
    const name = parts.at(-1);
    if (name === undefined) return;
    const parent = this.parentOf(parts);
    const old = parent.children.get(name);
    const children = old && "children" in old ? old.children : new Map();
    parent.children.set(name, { ...this.metaOf(path, 0o755), ...meta, children });
  }

  file(
    path: string,
    content: RegularFile["content"],
    meta: Partial<Meta> & { bytes?: number; program?: string } = {},
  ): void {
    const { bytes = null, program = null, ...rest } = meta;
    const base = this.metaOf(path, 0o644);
    this.put(path, { kind: "file", ...base, ...rest, content, bytes, program });
  }

  link(path: string, target: string): void {
    this.put(path, { kind: "link", ...this.metaOf(path, 0o777), target });
  }

  device(path: string, letter: "b" | "c", major: number, minor: number, mode = 0o660): void {
    this.put(path, { kind: "device", ...this.metaOf(path, mode), letter, major, minor });
  }

  build(): Directory {
    return freeze(this.root);
  }

  private metaOf(path: string, mode: number): Meta {
    return { mode, uid: 0, gid: 0, mtimeMs: this.mtimeOf(path) };
  }

  private put(path: string, entry: Exclude<Entry, Directory>): void {
    const parts = path.split("/").filter((part) => part !== "");
    this.parentOf(parts).children.set(parts.at(-1) ?? "", entry);
  }

  private parentOf(parts: readonly string[]): Draft {
    let here = this.root;
    let path = "";
    for (const part of parts.slice(0, -1)) {
      path += `/${part}`;
      const next = here.children.get(part);
      if (next && "children" in next) here = next;
      else {
        const made: Draft = { ...this.metaOf(path, 0o755), children: new Map() };
        here.children.set(part, made);
        here = made;
      }
    }
    return here;
  }
}

function freeze(draft: Draft): Directory {
  const children = new Map<string, Entry>();
  for (const [name, child] of [...draft.children].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    children.set(name, "children" in child ? freeze(child) : child);
  }
  const { mode, uid, gid, mtimeMs } = draft;
  return { kind: "directory", mode, uid, gid, mtimeMs, children };
}
