import type { ChangeStore } from "../../store/store.ts";

/** Wakes who waits for one host's record to change. */
export interface HostBell {
  /** Resolves at the next change of the host, or when `signal` aborts. Never rejects. */
  readonly changed: (hostUuid: string, signal: AbortSignal) => Promise<void>;
  /** Calls back at each change of any host; returns how to stop. */
  onAny(listener: (hostUuid: string) => void): () => void;
  close(): void;
}

export function createHostBell(store: Pick<ChangeStore, "onChange">): HostBell {
  const waiting = new Map<string, Set<() => void>>();
  const listeners = new Set<(hostUuid: string) => void>();
  const stop = store.onChange((hosts) => {
    for (const hostUuid of hosts) {
      for (const wake of waiting.get(hostUuid) ?? []) wake();
      for (const listener of listeners) listener(hostUuid);
    }
  });

  return {
    changed(hostUuid, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wakes = waiting.get(hostUuid) ?? new Set();
        waiting.set(hostUuid, wakes);
        const wake = () => {
          signal.removeEventListener("abort", wake);
          wakes.delete(wake);
          if (wakes.size === 0 && waiting.get(hostUuid) === wakes) waiting.delete(hostUuid);
          resolve();
        };
        wakes.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    },
    onAny(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: stop,
  };
}
