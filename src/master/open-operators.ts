import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Authorities } from "../pki/authorities.ts";
import type { Authority } from "../pki/authority.ts";
import { createTokenMint } from "./join-tokens.ts";
import type { MasterOptions } from "./master-options.ts";
import { issueOperatorCertificate, readOperatorCertificate } from "./operator-certificate.ts";
import type { OperatorPlaneDeps, ServerCertificate } from "./operator-plane/deps.ts";
import { openOperatorPlane } from "./operator-plane/operator-plane.ts";
import { isLoopback } from "./operator-plane/origin.ts";
import { keepServerCertificate, MASTER_CERTIFICATE_TTL_MS } from "./server-certificate.ts";

type FromMaster = "store" | "live" | "totpKey" | "addressFor" | "refused" | "metrics";

interface OperatorsDeps extends Pick<OperatorPlaneDeps, FromMaster> {
  readonly options: MasterOptions;
  readonly authorities: Authorities;
  /** Where the two other planes listen. */
  readonly agentPort: number;
  readonly enrollmentPort: number;
  /** Ends the renewal of the certificate. */
  readonly signal: AbortSignal;
}

/** The operators' way in, as the master has it. */
export interface Operators {
  readonly port: number;
  readonly url: string;
  readonly socketPath: string;
  close(): Promise<void>;
}

/** Opens the operator plane, and keeps what it presents fresh where that is the swarm's own. */
export async function openOperators(deps: OperatorsDeps): Promise<Operators> {
  const { options, store, authorities, agentPort, enrollmentPort, signal, ...rest } = deps;
  const { clock, log, random, advertiseHost, operator: listen } = options;
  // Of the oldest: operators' browsers have learned of another only when they are told.
  const issuer: Pick<Authority, "issueOperatorServer"> = {
    issueOperatorServer: (server) => authorities.oldest().issueOperatorServer(server),
  };
  const issue = issueOperatorCertificate(issuer, [advertiseHost, listen.host]);
  const own = options.operatorCertificate;
  const issued =
    own === null && !isLoopback(listen.host)
      ? await issue({ nowMs: clock.nowMs(), ttlMs: MASTER_CERTIFICATE_TTL_MS })
      : null;
  const tls = own === null ? issued : await readOperatorCertificate(own, clock.nowMs());
  const socketPath = join(options.dataDir, "operator.sock");
  const plane = await openOperatorPlane({
    ...options,
    ...rest,
    store,
    authorities,
    startedMs: clock.nowMs(),
    listen,
    tls,
    socketPath,
    agentPlane: { host: advertiseHost, port: agentPort },
    enrollment: { host: advertiseHost, port: enrollmentPort },
    mintToken: createTokenMint({
      store,
      clock,
      random,
      authority: authorities.issuing,
      host: advertiseHost,
      port: enrollmentPort,
    }),
    decommission: (uuid) => store.decommissionHost(uuid, clock.nowMs()),
  });
  if (issued !== null) {
    const apply = (certificate: ServerCertificate) => plane.setCertificate(certificate);
    void keepServerCertificate({ issue, clock, log, signal, apply });
    authorities.onChange(async () =>
      apply(await issue({ nowMs: clock.nowMs(), ttlMs: MASTER_CERTIFICATE_TTL_MS })),
    );
  }
  return {
    port: plane.port,
    url: urlOf(tls !== null, options, plane.port),
    socketPath,
    close: () => plane.close(),
  };
}

/** Where an operator's browser finds the master: by its name, unless it is reached here alone. */
function urlOf(
  isSecure: boolean,
  { operator, advertiseHost }: Pick<MasterOptions, "operator" | "advertiseHost">,
  port: number,
): string {
  const host = isLoopback(operator.host) ? operator.host : advertiseHost;
  const place = isIPv6(host) ? `[${host}]` : host;
  return `${isSecure ? "https" : "http"}://${place}:${port}`;
}
