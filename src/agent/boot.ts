import { readFile } from "node:fs/promises";
import { DecnetError } from "../domain/errors.ts";
import { writeFileDurably } from "./durable-file.ts";

/** Agent starts so far: the master takes a heartbeat of a newer boot only, or a later one of the same. */
export interface Boot {
  readonly number: number;
  /**
   * Goes to `number`, durably, before it resolves. Never goes back.
   * @throws DecnetError `data-unusable` if the disk refuses; then the number is as it was.
   */
  raise(number: number): Promise<void>;
}

/**
 * Counts this start: one more than the last, on disk before the first heartbeat can leave.
 *
 * A file that is lost or unreadable begins again at 1: the master then names the boot that it knows,
 * and the heartbeat loop goes above it.
 *
 * @throws DecnetError `data-unusable` if the disk refuses.
 */
export async function openBoot(path: string): Promise<Boot> {
  let number = (await readBoot(path)) + 1;
  await writeBoot(path, number);
  return {
    get number() {
      return number;
    },
    async raise(to) {
      if (to <= number) return;
      await writeBoot(path, to);
      number = to;
    },
  };
}

async function writeBoot(path: string, number: number): Promise<void> {
  try {
    await writeFileDurably(path, `${number}\n`, 0o600);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : path;
    throw new DecnetError("data-unusable", detail, { cause });
  }
}

async function readBoot(path: string): Promise<number> {
  try {
    const text = (await readFile(path, "utf8")).trim();
    const number = /^\d{1,15}$/.test(text) ? Number(text) : 0;
    return number;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw error;
  }
}
