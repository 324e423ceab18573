import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { DecnetError } from "../../domain/errors.ts";
import type { CertificateFiles } from "../../master/operator-certificate.ts";
import { examples, logOf, type Shell, settingsOf, takesSettings } from "../command.ts";
import { dataDirectory } from "../data-directory.ts";
import { aborted } from "../ending.ts";
import { hasParent, type MasterReady, tellParent } from "../parent.ts";
import { findPassphrase } from "../passphrase.ts";
import { flagOf, type Settings } from "../settings.ts";
import { loginLines } from "../up/summary.ts";

const MASTER_SETTINGS = [
  "data",
  "agentHost",
  "agentPort",
  "enrollmentPort",
  "operatorHost",
  "operatorPort",
  "eventsKept",
  "operatorCert",
  "operatorKey",
  "advertise",
  "heartbeatInterval",
  "certificateLife",
  "authorityKeyFile",
  "recoveries",
  "recoverWithin",
  "trustClock",
  "logLevel",
  "logFormat",
] as const;

/** As `npm run build` or `npm start` makes it; from src/cli and from dist/cli alike. */
const DASHBOARD = fileURLToPath(new URL("../../../dist/dashboard", import.meta.url));

export function addMaster(program: Command, shell: Shell): void {
  const command = program
    .command("master")
    .summary("run the master")
    .description(
      "Runs the master: agents connect to it over mutual TLS; operators use its dashboard, or this " +
        "command line, on the same machine. The first start makes the swarm's authority and the " +
        "first admin, whose password is printed once, on standard output.",
    )
    .action((options: object) => runMaster(settingsOf(MASTER_SETTINGS, options, shell.env), shell));
  takesSettings(command, MASTER_SETTINGS);
  examples(command, [
    ["decnet master --advertise master.example.net", "agents elsewhere reach it by this name"],
    ["decnet master --data /var/lib/decnet --log-format json", "as a unit: docs/operations.md"],
  ]);
}

type MasterSettings = Settings<(typeof MASTER_SETTINGS)[number]>;

async function runMaster(settings: MasterSettings, shell: Shell): Promise<void> {
  const ending = shell.ending();
  const { terminal, clock, version } = shell;
  // Loaded here, since no other command needs it and all of them wait for what is loaded.
  const { startMaster } = await import("../../master/master.ts");
  const log = await logOf(settings, shell);
  const { agentHost, agentPort, enrollmentPort, operatorHost, operatorPort } = settings;
  const dataDir = dataDirectory(settings.data).master;
  const authorityPassphrase = await findPassphrase(settings.authorityKeyFile, dataDir, shell);
  const master = await namingFlags(settings, () =>
    startMaster({
      dataDir,
      authorityPassphrase,
      agentPlane: { host: agentHost, port: agentPort },
      enrollment: { host: agentHost, port: enrollmentPort },
      operator: { host: operatorHost, port: operatorPort },
      operatorCertificate: certificateFiles(settings),
      eventsKeptMs: settings.eventsKept,
      advertiseHost: settings.advertise,
      heartbeatIntervalMs: settings.heartbeatInterval,
      agentCertificateTtlMs: settings.certificateLife,
      recoveryBounds: { most: settings.recoveries, withinMs: settings.recoverWithin },
      trustClock: settings.trustClock,
      dashboardDir: existsSync(DASHBOARD) ? DASHBOARD : null,
      clock,
      log,
      version,
      random: randomBytes,
    }),
  );
  try {
    const ready: MasterReady = {
      kind: "ready",
      operatorUrl: master.operatorUrl,
      agentPort: master.agentPort,
      enrollmentPort: master.enrollmentPort,
      firstAdmin: master.firstAdmin,
    };
    if (hasParent()) await tellParent(ready);
    else for (const line of loginLines(ready, terminal.style)) terminal.print(line);
    await aborted(ending);
  } finally {
    await master.close();
  }
}

/** @throws {DecnetError} config-invalid if one is given without the other. */
function certificateFiles({
  operatorCert,
  operatorKey,
}: Settings<"operatorCert" | "operatorKey">): CertificateFiles | null {
  if (operatorCert === "" && operatorKey === "") return null;
  if (operatorCert !== "" && operatorKey !== "") {
    return { certPath: operatorCert, keyPath: operatorKey };
  }
  const [lone, missing] =
    operatorKey === "" ? ["operatorCert", "operatorKey"] : ["operatorKey", "operatorCert"];
  throw new DecnetError("config-invalid", `${lone} is given without ${missing}`);
}

/** Says with which flag a port that is taken, or an address that is not here, can be changed. */
async function namingFlags<T>(settings: MasterSettings, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (cause) {
    if (!(cause instanceof DecnetError)) throw cause;
    const name = settingAtFault(cause, settings);
    if (name === null) throw cause;
    const detail = `${cause.detail}; ${flagOf(name)} chooses another`;
    throw new DecnetError(cause.code, detail, { cause });
  }
}

function settingAtFault({ code, detail }: DecnetError, settings: MasterSettings) {
  if (code === "port-in-use") {
    const names = ["agentPort", "enrollmentPort", "operatorPort"] as const;
    return names.find((name) => detail?.endsWith(`:${settings[name]}`)) ?? null;
  }
  if (code !== "config-invalid") return null;
  const names = ["agentHost", "operatorHost"] as const;
  return names.find((name) => detail?.startsWith(`cannot listen on ${settings[name]}:`)) ?? null;
}
