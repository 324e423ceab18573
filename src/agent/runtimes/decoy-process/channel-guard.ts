import type { ChildProcess } from "node:child_process";

/** More than any message: a process that sends so much and no message fills the agent's memory. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Node's own end of an IPC channel. `onread` gets null at its end. */
interface ChannelHandle {
  onread: (chunk: ArrayBuffer | null | undefined) => void;
}

/**
 * Keeps whoever holds the other end of an IPC channel from ending this process with it. Node parses
 * the channel before anybody sees a message, and throws, with nobody above it to catch, at a line
 * that is not JSON or that imitates its own protocol; and it keeps a line without an end for ever.
 *
 * To be called in the turn of the event loop in which the process was spawned. There is no public
 * way to this (a `domain` would do, but makes every promise of the process ten times slower): the
 * channel's handle is found by the name of its symbol, and nothing is started where it has none.
 *
 * @param onBreach Called, perhaps more than once, in place of the throw.
 * @throws If this version of Node keeps its handle elsewhere.
 */
export function guardChannel(child: ChildProcess, onBreach: (error: Error) => void): void {
  const channel = handleOf(child);
  let unreadBytes = 0;
  const contain = <Result>(action: () => Result): Result | undefined => {
    try {
      return action();
    } catch (error) {
      onBreach(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };

  const read = channel.onread;
  channel.onread = function (this: ChannelHandle, chunk) {
    unreadBytes += chunk?.byteLength ?? 0;
    if (chunk && unreadBytes > MAX_UNREAD_BYTES) {
      onBreach(new Error(`${unreadBytes} bytes without a message`));
      return;
    }
    contain(() => read.call(this, chunk));
  };

  // Node's handling of its own messages are listeners, called a tick later.
  const emit = child.emit.bind(child) as (event: string, ...args: unknown[]) => boolean;
  child.emit = (event: string, ...args: unknown[]): boolean => {
    if (event !== "message" && event !== "internalMessage") return emit(event, ...args);
    unreadBytes = 0;
    if (event === "message") return emit(event, ...args);
    return contain(() => emit(event, ...args)) ?? true;
  };
}

function handleOf(child: ChildProcess): ChannelHandle {
  const own = child as unknown as Readonly<Record<symbol, unknown>>;
  for (const symbol of Object.getOwnPropertySymbols(child)) {
    if (symbol.description !== "kChannelHandle") continue;
    const handle = own[symbol];
    if (isChannelHandle(handle)) return handle;
  }
  throw new Error(`Node ${process.version} has no channel that can be guarded; use Node 24`);
}

function isChannelHandle(value: unknown): value is ChannelHandle {
  return (
    typeof value === "object" &&
    value !== null &&
    "onread" in value &&
    typeof value.onread === "function"
  );
}
