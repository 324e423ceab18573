import { chmod, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { DecnetError } from "../../domain/errors.ts";

/** Of sockaddr_un on Linux, less its closing zero; on macOS it is 103. */
const MAX_PATH_BYTES = 103;

export interface UnixSocket {
  /** Who may connect: the file's owner. */
  readonly uid: number;
  /** Takes the file away, if it is still this one. */
  remove(): Promise<void>;
}

/**
 * Listens on a socket file that its owner alone may open. The file is made in a private directory
 * and then moved to its place: nobody else can reach it for a moment, and what a killed master left
 * behind is replaced in one step.
 *
 * @throws {DecnetError} `port-in-use` if a living process answers there; `config-invalid` if the
 * path cannot hold a socket.
 */
export async function listenOnUnixSocket(server: Server, path: string): Promise<UnixSocket> {
  const names = [path, join(dirname(path), ".sXXXXXX/s")];
  if (names.some((name) => Buffer.byteLength(name) > MAX_PATH_BYTES)) {
    throw unusable(path, "path too long for a socket");
  }
  await checkPlace(path);
  const privateDir = await mkdtemp(join(dirname(path), ".s"));
  try {
    const made = join(privateDir, "s");
    await listen(server, made);
    await chmod(made, 0o600);
    await rename(made, path);
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(privateDir, { recursive: true, force: true });
  }
  const { ino, uid } = await stat(path);
  return {
    uid,
    async remove() {
      const now = await stat(path).catch(() => null);
      if (now?.ino === ino) await rm(path, { force: true });
    },
  };
}

async function checkPlace(path: string): Promise<void> {
  const dir = await stat(dirname(path)).catch(() => null);
  if (dir === null || !dir.isDirectory()) throw unusable(path, "its directory does not exist");
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  if (!found.isSocket()) throw unusable(path, "something that is no socket stands there");
  if (await answers(path)) throw new DecnetError("port-in-use", path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function unusable(path: string, why: string): DecnetError {
  return new DecnetError("config-invalid", `operator socket ${path}: ${why}`);
}
