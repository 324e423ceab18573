import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Command } from "commander";
import { DecnetError } from "../../domain/errors.ts";
import { examples, JSON_OPTION, logOf, type Shell, settingsOf, takesSettings } from "../command.ts";
import { dataDirectory } from "../data-directory.ts";
import { HOST_NAME } from "../names.ts";
import { valueIfGiven } from "../option-value.ts";
import { type JsonOption, printDone } from "../print.ts";
import { step } from "../progress.ts";
import { ask, readPiped } from "../prompt.ts";
import { host, port } from "../setting-kinds.ts";

const MAX_TOKEN_BYTES = 4096;

export function addAgent(program: Command, shell: Shell): void {
  const agent = program
    .command("agent")
    .summary("the agent of this machine: enroll, run")
    .description("The agent runs deckies on this machine and tells the master about them.");
  addEnroll(agent, shell);
  addRun(agent, shell);
}

interface EnrollOptions extends JsonOption {
  readonly tokenFile?: string;
  readonly name?: string;
}

function addEnroll(agent: Command, shell: Shell): void {
  const command = agent
    .command("enroll")
    .summary("join a swarm")
    .description(
      "Makes this machine a host of the swarm whose join token it is given: makes a key, has it " +
        "certified, keeps it in the data directory. The token comes on standard input, from a file, " +
        "or is asked for; never as an argument, since everybody on a machine can read those.",
    )
    .option("--token-file <file>", "File that holds the join token.")
    .option("--name <host>", "What to be called (default: this machine's host name).")
    .option(...JSON_OPTION)
    .action(async (options: EnrollOptions) => {
      const { data } = settingsOf(["data"], options, shell.env);
      const { terminal, clock } = shell;
      const { enroll } = await import("../../agent/enroll.ts");
      const named = valueIfGiven(HOST_NAME, "--name", options.name);
      const tokenText = await readToken(options, shell);
      if (tokenText === "") throw new DecnetError("token-malformed", "there is none");
      const identity = await step(terminal, "enrolled", () =>
        enroll({
          tokenText,
          dir: dataDirectory(data).agent,
          hostName: named ?? host.parse(hostname()),
          agentVersion: shell.version,
          nowMs: clock.nowMs(),
          signal: shell.ending(),
        }),
      );
      const { hostUuid, hostName } = identity;
      const next = `This machine is ${hostName} (${hostUuid}). Next: decnet agent run`;
      printDone(shell, options, { hostUuid, hostName }, next);
    });
  takesSettings(command, ["data"]);
  examples(command, [
    ["decnet agent enroll", "asks for the token that decnet token create printed"],
    ["decnet agent enroll --name branch-7 < join", "reads it from the file join"],
    ["decnet agent enroll --token-file /run/secrets/join", "the same, for a unit or a container"],
  ]);
}

/** Loaded when it is to run, since no other command needs it and all wait for what is loaded. */
async function loadAgent() {
  const [agent, identity, loopback] = await Promise.all([
    import("../../agent/agent.ts"),
    import("../../agent/identity.ts"),
    import("../../agent/runtimes/loopback/loopback-runtime.ts"),
  ]);
  return { ...agent, ...identity, ...loopback };
}

const RUN_SETTINGS = ["data", "logLevel", "logFormat"] as const;

function addRun(agent: Command, shell: Shell): void {
  const command = agent
    .command("run")
    .summary("run the agent")
    .description(
      "Runs this machine's deckies and reports on them, until it is stopped or the host is " +
        "decommissioned: then it tears its deckies down, wipes its key, and ends with exit code 5.",
    )
    .option("--master <host:port>", "Where the agent plane is, if it moved since the enrollment.")
    .action(async (options: { master?: string }) => {
      const settings = settingsOf(RUN_SETTINGS, options, shell.env);
      const dataDir = dataDirectory(settings.data).agent;
      const { loadIdentity, runAgent, createLoopbackRuntime } = await loadAgent();
      const identity = await loadIdentity(dataDir);
      if (identity === null) throw new DecnetError("not-enrolled", dataDir);
      const moved = options.master === undefined ? {} : addressOf(options.master);
      const { clock, version } = shell;
      const log = await logOf(settings, shell);
      const known = { ...identity, ...moved };
      log.info("agent runs", {
        host: known.hostName,
        master: `${known.agentHost}:${known.agentPort}`,
      });
      const exit = await runAgent({
        dataDir,
        identity: known,
        runtimes: (deps) => ({ loopback: createLoopbackRuntime(deps) }),
        clock,
        log,
        version,
        random: Math.random,
        leave: true,
        signal: shell.ending(),
      });
      if (exit.kind === "decommissioned") throw new DecnetError("host-decommissioned");
    });
  takesSettings(command, RUN_SETTINGS);
  examples(command, [
    ["decnet agent run", "until Ctrl-C; as a unit: docs/operations.md"],
    ["decnet agent run --master 10.0.0.7:8770", "when the master has a new address"],
  ]);
}

function addressOf(text: string): { readonly agentHost: string; readonly agentPort: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+)):(\d+)$/.exec(text);
  const agentHost = host.parse(match?.[1] ?? match?.[2]);
  const agentPort = port.parse(match?.[3]);
  if (agentHost !== null && agentPort !== null) return { agentHost, agentPort };
  throw new DecnetError("usage", `--master is ${JSON.stringify(text)}, but it must be HOST:PORT`);
}

async function readToken({ tokenFile }: EnrollOptions, shell: Shell): Promise<string> {
  if (tokenFile !== undefined) {
    try {
      return readFileSync(tokenFile, "utf8").trim();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new DecnetError("usage", `the token file cannot be read (${why})`, { cause });
    }
  }
  if (shell.stdin.isTTY) return ask(shell, "Join token (it is not shown): ", true);
  return readPiped(shell.stdin, MAX_TOKEN_BYTES);
}
