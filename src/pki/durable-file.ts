import { randomBytes } from "node:crypto";
import { open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Replaces a file so that after a crash, of the process or of the machine, it holds either its old
 * bytes or the new ones, whole: a temporary file beside it, fsync, rename, fsync of the directory.
 *
 * @param mode Permission bits of the new file, such as 0o600; the umask does not apply.
 * @throws The system's error when disk or permissions fail; then `path` is as it was.
 */
export async function writeFileDurably(
  path: string,
  data: string | Uint8Array,
  mode: number,
): Promise<void> {
  // A name of its own, so that two writers never share a half-written file: the last rename wins.
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${randomBytes(6).toString("hex")}.temporary`,
  );
  const file = await open(temporary, "wx", mode);
  try {
    try {
      await file.chmod(mode);
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the renames and removals in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
