import { createSseReader, type StreamMessage } from "./sse.ts";

/** connecting: before the first answer. lost: since when, and how often it was tried again. */
export type StreamPhase =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly sinceMs: number; readonly attempts: number };

export interface ConnectionParts {
  /** Opens the stream; a thrown error counts as a failed attempt. */
  open(signal: AbortSignal): Promise<Response>;
  onMessage(message: StreamMessage): void;
  onPhase(phase: StreamPhase): void;
  /** The session ended: it is not tried again. */
  onUnauthorized(): void;
  /** Unix milliseconds. */
  nowMs(): number;
  /** Calls back once, after `ms`; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
  /** From 0 up to, not including, 1. */
  random(): number;
}

export interface Connection {
  close(): void;
  /** Tries at once, if it was waiting: the network is back, somebody looks at the page again. */
  hurry(): void;
}

/** The master sends something, a comment at least, every 15 s: after this long the line is dead. */
export const SILENCE_MS = 40_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5_000;

/**
 * Keeps one stream open until closed: reads it, notices when it is dead, and opens it again after a
 * growing, jittered wait. It is `fetch` and not `EventSource`, because that hides comments (so a
 * dead line looks like a quiet one) and the status (so an ended session looks like a lost network).
 */
export function keepConnected(parts: ConnectionParts): Connection {
  const closing = new AbortController();
  let attempts = 0;
  let lostMs: number | null = null;
  let hurry = () => {};

  function lose(): void {
    lostMs ??= parts.nowMs();
    parts.onPhase({ kind: "lost", sinceMs: lostMs, attempts });
  }

  function deliver(message: StreamMessage): void {
    if (message.name === "hello") {
      attempts = 0;
      lostMs = null;
      parts.onPhase({ kind: "live" });
    }
    parts.onMessage(message);
  }

  async function readOnce(): Promise<"ended" | "unauthorized"> {
    const attempt = new AbortController();
    const signal = AbortSignal.any([closing.signal, attempt.signal]);
    let callOff = () => {};
    const rearm = () => {
      callOff();
      callOff = parts.after(SILENCE_MS, () => attempt.abort());
    };
    rearm();
    try {
      const response = await parts.open(signal);
      if (response.status === 401) return "unauthorized";
      if (!response.ok || response.body === null) return "ended";
      const read = createSseReader();
      for await (const piece of piecesOf(response.body, signal)) {
        rearm();
        for (const message of read(piece)) deliver(message);
      }
      return "ended";
    } catch {
      return "ended";
    } finally {
      callOff();
      attempt.abort();
    }
  }

  function wait(): Promise<void> {
    const longestMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts);
    return new Promise((resolve) => {
      const callOff = parts.after(longestMs * (0.5 + parts.random() / 2), resolve);
      hurry = () => {
        callOff();
        resolve();
      };
      closing.signal.addEventListener("abort", hurry, { once: true });
    });
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const end = await readOnce();
      if (closing.signal.aborted) return;
      if (end === "unauthorized") return parts.onUnauthorized();
      lose();
      await wait();
      attempts += 1;
    }
  }

  parts.onPhase({ kind: "connecting" });
  void run();
  return { close: () => closing.abort(), hurry: () => hurry() };
}

async function* piecesOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
