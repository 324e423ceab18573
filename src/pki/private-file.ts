import { chmod, mkdir, readFile, stat } from "node:fs/promises";
import { DecnetError } from "../domain/errors.ts";

/**
 * Does something with files of the data directory.
 * @throws {DecnetError} As `act` does; `data-unusable` for an error of the system.
 */
export async function usable<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof DecnetError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new DecnetError("data-unusable", why, { cause });
  }
}

/**
 * Makes a directory for keys, mode 0700, or takes one that no other user may write.
 * @throws DecnetError data-unusable if others may write it; the system's error otherwise.
 */
export async function makePrivateDirectory(dir: string): Promise<void> {
  const made = await mkdir(dir, { recursive: true, mode: 0o700 });
  // The umask may have taken bits away, or the directory may be an older one.
  if (made !== undefined) await chmod(dir, 0o700);
  const { mode } = await stat(dir);
  if ((mode & 0o022) !== 0) {
    throw new DecnetError(
      "data-unusable",
      `${dir} holds keys and may be written by other users: chmod 700 ${dir}`,
    );
  }
}

/**
 * Reads a file that holds a secret.
 * @returns null if there is no such file.
 * @throws DecnetError data-unusable if other users may read it; the system's error otherwise.
 */
export async function readPrivateFile(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new DecnetError(
        "data-unusable",
        `${path} holds a secret and may be read by other users: chmod 600 ${path}`,
      );
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
