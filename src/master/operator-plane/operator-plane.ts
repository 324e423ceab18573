import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { DecnetError } from "../../domain/errors.ts";
import { TLS_POLICY } from "../tls/policy.ts";
import { buildApp, HTTP_LIMITS } from "./app.ts";
import type { Address, OperatorPlane, OperatorPlaneDeps, ServerCertificate } from "./deps.ts";
import { isLoopback } from "./origin.ts";
import type { App } from "./plane.ts";
import { listenOnUnixSocket, type UnixSocket } from "./unix-socket.ts";

export type { OperatorPlane, OperatorPlaneDeps } from "./deps.ts";

const TLS_LIMITS = {
  ...HTTP_LIMITS,
  ALPNProtocols: ["http/1.1"],
  handshakeTimeout: 10_000,
} as const;

/**
 * Opens the operators' way in: the API and the dashboard, over TLS or on loopback, for whoever logs
 * in, and the same on a socket file, for the command line on this machine. No client certificate is
 * asked for: an agent's means nothing here.
 *
 * @throws {DecnetError} `address-not-allowed` beyond loopback without a certificate; `port-in-use`;
 * `config-invalid` where the address or the path of the socket file cannot be listened on.
 */
export async function openOperatorPlane(deps: OperatorPlaneDeps): Promise<OperatorPlane> {
  const { listen, socketPath, tls, log } = deps;
  if (tls === null && !isLoopback(listen.host)) {
    throw new DecnetError("address-not-allowed", listen.host);
  }

  const localSockets = new WeakSet<Socket>();
  let uid: number | null = null;
  const local = {
    has: (socket: Socket) => localSockets.has(socket),
    get uid() {
      return uid;
    },
  };
  let tlsServer: TlsServer | null = null;
  const makeTlsServer = (certificate: ServerCertificate) => (handler: RequestListener) => {
    tlsServer = createTlsServer({ ...TLS_LIMITS, ...contextOf(certificate) }, handler);
    // Fastify knows one kind of server: this one differs in nothing that it asks of it.
    return tlsServer as unknown as Server;
  };
  const app = await buildApp(deps, local, tls === null ? undefined : makeTlsServer(tls));
  const localServer = createServer(HTTP_LIMITS, (request, response) =>
    app.routing(request, response),
  );
  localServer.on("connection", (socket) => localSockets.add(socket));
  let socketFile: UnixSocket | null = null;

  async function close(): Promise<void> {
    await socketFile?.remove();
    localServer.close();
    localServer.closeAllConnections();
    await app.close();
  }

  try {
    if (socketPath !== null) {
      socketFile = await listenOnUnixSocket(localServer, socketPath);
      uid = socketFile.uid;
    }
    await listenOnTcp(app, listen);
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  log.info("operator plane listens", { host: listen.host, port, socketPath });
  return {
    port,
    close,
    setCertificate: (certificate) => tlsServer?.setSecureContext(contextOf(certificate)),
  };
}

function contextOf({ chainPem, keyPem }: ServerCertificate) {
  return { ...TLS_POLICY, cert: chainPem, key: keyPem };
}

async function listenOnTcp(app: App, { host, port }: Address): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "EADDRINUSE")
      throw new DecnetError("port-in-use", `${host}:${port}`, { cause: error });
    if (typeof code !== "string") throw error;
    throw new DecnetError("config-invalid", `cannot listen on ${host}:${port} (${code})`, {
      cause: error,
    });
  }
}
