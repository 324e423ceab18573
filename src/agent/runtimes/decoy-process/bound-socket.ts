import net from "node:net";
import { getSystemErrorName } from "node:util";

/**
 * A TCP socket that has an address but does not listen: the decoy process listens on it. So this
 * process cannot accept a connection even for a moment, and while it keeps the socket, the port
 * stays taken and, once listening, connections queue in the kernel even if the decoy process dies.
 */
export interface BoundSocket {
  readonly ip: string;
  readonly port: number;
  /** What `ChildProcess.send()` takes. */
  readonly handle: net.Server;
  close(): void;
}

export type BindOutcome =
  | { readonly kind: "bound"; readonly socket: BoundSocket }
  /** `code` as `EADDRINUSE`, `EADDRNOTAVAIL`, `EACCES`. */
  | { readonly kind: "refused"; readonly code: string };

/** What `node:net` makes before it listens: a handle that child processes can be sent. */
interface TcpHandle {
  getsockname(out: { port?: number }): number;
  close(): void;
}

/**
 * Node has no public way to bind without listening; this is the function that its own `cluster`
 * binds shared sockets with. It returns an error number instead of a handle on failure.
 */
const { _createServerHandle: createServerHandle } = net as unknown as {
  readonly _createServerHandle: (
    address: string,
    port: number,
    addressType: 4,
    fd: -1,
    flags: 0,
  ) => TcpHandle | number;
};

/**
 * Binds an IPv4 address; port 0 takes any free one. Until somebody listens on it, a second socket
 * may be bound to the same port (SO_REUSEADDR): then whoever listens later fails with EADDRINUSE.
 */
export function bindTcp(ip: string, port: number): BindOutcome {
  const handle = createServerHandle(ip, port, 4, -1, 0);
  if (typeof handle === "number") return { kind: "refused", code: getSystemErrorName(handle) };
  // A port in use shows at the next call only (uv_tcp_bind defers it).
  const name: { port?: number } = {};
  const error = handle.getsockname(name);
  if (error !== 0) {
    handle.close();
    return { kind: "refused", code: getSystemErrorName(error) };
  }
  return {
    kind: "bound",
    socket: {
      ip,
      port: name.port ?? port,
      handle: handle as unknown as net.Server,
      close: () => handle.close(),
    },
  };
}
