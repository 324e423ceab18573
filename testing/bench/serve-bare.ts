import { randomBytes } from "node:crypto";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { openAuthority } from "../../src/pki/authorities.ts";
import { makeHosts } from "./identities.ts";
import { serveParent } from "./serve-parent.ts";

/* The ceiling: node:https with the same mutual TLS, that reads the body, parses it, answers 204. */

const [dir = "", hostCount = "16"] = process.argv.slice(2);
const authority = await openAuthority({ dir, nowMs: Date.now(), random: randomBytes });
const { hosts, keyPem } = await makeHosts(authority, Number(hostCount));
const certificate = await authority.issueMaster({ nowMs: Date.now(), ttlMs: 86_400_000 });
const server = createServer(
  {
    key: certificate.keyPem,
    cert: certificate.chainPem,
    ca: authority.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    keepAliveTimeout: 90_000,
  },
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
      response.writeHead(typeof value === "object" ? 204 : 400).end();
    });
  },
);
server.listen(0, "127.0.0.1", () =>
  serveParent({
    port: (server.address() as AddressInfo).port,
    keyPem,
    authorityPem: authority.certificatePem,
    hosts: hosts.map(({ uuid, name, certificatePem }) => ({ uuid, name, certificatePem })),
  }),
);
