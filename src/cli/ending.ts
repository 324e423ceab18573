/** The reason of an ending: somebody asked the process to end before its work was done. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/**
 * A signal that aborts when the process is asked to end: by Ctrl-C, SIGTERM, a terminal that was
 * closed, or the end of a parent that holds our IPC channel (also by kill -9, which tells nobody).
 * Only from the first call on; before it, those end the process as they do everywhere.
 */
export function createEnding(): () => AbortSignal {
  let ending: AbortController | null = null;
  return () => {
    if (ending !== null) return ending.signal;
    const controller = new AbortController();
    const end = () => controller.abort(new Interrupted());
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
    process.on("disconnect", end);
    // Listening for the parent's end is no reason to stay alive.
    process.channel?.unref();
    ending = controller;
    return controller.signal;
  };
}

/** Resolves once `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
