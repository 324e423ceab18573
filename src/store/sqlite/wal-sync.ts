import { closeSync, fdatasync, fsyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { StoreUnavailable } from "../store.ts";

/** Makes commits durable, off the main thread, as many at once as have come together. */
export interface WalSync {
  /**
   * Resolves once all that was committed before the call is on disk.
   * @throws StoreUnavailable If the disk failed, now or ever since the file was opened: what a failed
   *   sync has dropped, no later one brings back.
   */
  readonly flushed: () => Promise<void>;
  /** @throws StoreUnavailable If the disk failed before: nothing more may be written then. */
  check(): void;
  close(): void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: StoreUnavailable) => void;
}

/**
 * SQLite itself would sync within COMMIT (synchronous=FULL) and hold up everything else meanwhile,
 * for most of the time that a heartbeat takes. Here it writes its log and goes on; who waits for
 * durability waits for this sync of the same file.
 *
 * @param path The write-ahead log, which SQLite has made.
 */
export function openWalSync(path: string): WalSync {
  syncDirectoryOf(path);
  const file = openSync(path, "r+");
  let waiting: Waiting[] = [];
  let running = false;
  let failure: StoreUnavailable | null = null;

  function run(): void {
    running = true;
    const served = waiting;
    waiting = [];
    fdatasync(file, (error) => {
      if (error !== null) failure = new StoreUnavailable(error.message, { cause: error });
      for (const { resolve, reject } of served) {
        if (failure === null) resolve();
        else reject(failure);
      }
      running = false;
      if (waiting.length > 0) run();
    });
  }

  return {
    flushed() {
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        if (!running) run();
      });
    },
    check() {
      if (failure !== null) throw failure;
    },
    close: () => closeSync(file),
  };
}

/** So that the log itself is found after a crash. */
function syncDirectoryOf(path: string): void {
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** For a database in memory, or one that is only read: it has nothing to lose. */
export const noSync: WalSync = {
  flushed: () => Promise.resolve(),
  check() {},
  close() {},
};
