import { type BoundSocket, bindTcp } from "../decoy-process/bound-socket.ts";
import { candidatePorts } from "./ports.ts";

/**
 * Binds what is nearest to a decky's address and a service's real port: the mapped port on that
 * address; if that is taken, ports further up; if the address is not there (systems whose loopback
 * is 127.0.0.1 alone), any free port of 127.0.0.1.
 *
 * @throws If nothing could be bound; the message is for an operator.
 */
export function bindNearest(ip: string, port: number): BoundSocket {
  const candidates = candidatePorts(port);
  let code = "EADDRINUSE";
  for (const candidate of candidates) {
    const outcome = bindTcp(ip, candidate);
    if (outcome.kind === "bound") return outcome.socket;
    code = outcome.code;
    if (code !== "EADDRINUSE" && code !== "EACCES") break;
  }
  if (code === "EADDRNOTAVAIL") {
    const outcome = bindTcp("127.0.0.1", 0);
    if (outcome.kind === "bound") return outcome.socket;
    code = outcome.code;
  }
  throw new Error(`no port for ${port} on ${ip}: tried ${candidates.join(", ")} (${code})`);
}
