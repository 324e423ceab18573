import { useSyncExternalStore } from "react";

/** Master's clock minus this browser's, ms, as last told. */
let offsetMs = 0;
let tickMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Called with each `nowMs` that the master sends. */
export function setMasterClock(nowMs: number): void {
  offsetMs = nowMs - Date.now();
}

/** Unix milliseconds by the master's clock. */
export function masterNowMs(): number {
  return Date.now() + offsetMs;
}

/** The same, for what is drawn: moves once a second, for all of the page at the same moment. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => tickMs);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    tickMs = masterNowMs();
    timer = setInterval(tick, 1000);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearInterval(timer);
  };
}

function tick(): void {
  tickMs = masterNowMs();
  for (const listener of listeners) listener();
}
