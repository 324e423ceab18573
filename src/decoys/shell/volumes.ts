import { createVolume, type Volume } from "./disk.ts";
import type { Directory } from "./tree.ts";

/** Of visitors who are not there at the moment. */
const MAX_KEPT = 16;
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

/**
 * What each visitor left on the disk, so that he finds it again: bots bring a file by one connection
 * and run it by the next. One source does not see what another wrote. In memory, and little of it.
 */
export class Volumes {
  private readonly root: () => Directory;
  private readonly kept = new Map<string, { readonly volume: Volume; users: number }>();

  constructor(root: () => Directory) {
    this.root = root;
  }

  /** The volume of a source, in use until `release`. */
  take(source: string): Volume {
    const known = this.kept.get(source) ?? { volume: createVolume(this.root()), users: 0 };
    known.users++;
    // The latest user stands last.
    this.kept.delete(source);
    this.kept.set(source, known);
    return known.volume;
  }

  release(source: string): void {
    const known = this.kept.get(source);
    if (known === undefined) return;
    known.users--;
    const idle = [...this.kept].filter(([, { users }]) => users <= 0);
    let bytes = idle.reduce((sum, [, { volume }]) => sum + volume.writtenBytes, 0);
    for (const [index, [name, { volume }]] of idle.entries()) {
      const few = idle.length - index <= MAX_KEPT && bytes <= MAX_KEPT_BYTES;
      if (few && volume.writtenBytes + volume.entries > 0) continue;
      this.kept.delete(name);
      bytes -= volume.writtenBytes;
    }
  }
}
