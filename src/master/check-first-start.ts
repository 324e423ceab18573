import { existsSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { listenOn } from "./listen.ts";
import type { MasterOptions } from "./master-options.ts";
import { readOperatorCertificate } from "./operator-certificate.ts";

/**
 * Finds out before a first start whether it can be: one that fails is to leave neither keys nor a
 * database behind. Later starts find out by themselves, since there is nothing new to leave.
 *
 * @throws {DecnetError} `port-in-use`, `config-invalid`, `data-unusable`; then nothing was written.
 */
export async function checkFirstStart(options: MasterOptions): Promise<void> {
  const { dataDir, operatorCertificate, agentPlane, enrollment, operator, clock } = options;
  if (existsSync(join(dataDir, "master.db"))) return;
  if (operatorCertificate !== null) {
    await readOperatorCertificate(operatorCertificate, clock.nowMs());
  }
  const servers: Server[] = [];
  try {
    // All at the same time, so that two that are given the same port are found, too.
    for (const address of [agentPlane, enrollment, operator]) {
      // Who connects meanwhile must not keep it open.
      const server = createServer((socket) => socket.destroy());
      servers.push(server);
      await listenOn(server, address);
    }
  } finally {
    await Promise.all(servers.map(closed));
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // One that never listened says so; it is as closed.
    server.close(() => resolve());
  });
}
