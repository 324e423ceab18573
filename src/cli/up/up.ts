import { loadIdentity } from "../../agent/identity.ts";
import { DecnetError } from "../../domain/errors.ts";
import { createMasterApi, type MasterApi } from "../api-client.ts";
import type { Shell } from "../command.ts";
import { type DataDirectory, dataDirectory } from "../data-directory.ts";
import { aborted, Interrupted } from "../ending.ts";
import { eventLine } from "../event-line.ts";
import { followEvents, recentEvents } from "../follow-events.ts";
import type { MasterReady } from "../parent.ts";
import { step } from "../progress.ts";
import type { Settings } from "../settings.ts";
import type { Child } from "./child.ts";
import { assignFirstDeckies, freshToken, heardHost, settledShards } from "./fleet.ts";
import { weakLogins } from "./local-agent.ts";
import { createProcesses, type Processes } from "./processes.ts";
import { loginLines, summaryLines } from "./summary.ts";
import type { UP_SETTINGS } from "./up-settings.ts";

/** Both together leave room within the half minute that a start may take. */
const HOST_WAIT_MS = 12_000;
const DECKIES_WAIT_MS = 12_000;

interface Up {
  readonly shell: Shell;
  readonly place: DataDirectory;
  readonly api: MasterApi;
  readonly processes: Processes;
}

/**
 * The whole system on one machine, in processes of their own: starts it, shows it, and stops it
 * again when this process is asked to end or a part fails.
 */
export async function runUp(
  settings: Settings<(typeof UP_SETTINGS)[number]>,
  shell: Shell,
): Promise<void> {
  const { terminal, clock } = shell;
  const place = dataDirectory(settings.data);
  const processes = createProcesses({ settings, place, clock });
  const up: Up = {
    shell,
    place,
    processes,
    api: createMasterApi({ kind: "socket", path: place.operatorSocket }),
  };
  const ending = shell.ending();
  terminal.note(terminal.noteStyle.dim(`DECNET ${shell.version}, data in ${place.root}`));
  try {
    const { master, agent } = await orInterrupted(start(up), ending);
    const works = Promise.all([watch(up), agentEnd(up, agent)]);
    await master.whileAlive(Promise.race([works, aborted(ending)]));
  } finally {
    if (ending.aborted) await step(terminal, "everything is stopped", () => processes.stop());
    else await processes.stop();
  }
}

async function start(up: Up): Promise<{ master: Child<unknown>; agent: Child<unknown> }> {
  const { shell, processes } = up;
  const { terminal } = shell;
  const master = processes.master();
  const ready = await step(terminal, "the master runs", () => master.ready);
  try {
    const agent = await startAgent(up, ready);
    return { master, agent };
  } catch (cause) {
    // A password that is shown once must be seen, also if the rest goes wrong.
    if (ready.firstAdmin !== null) {
      for (const line of loginLines(ready, terminal.style)) terminal.print(line);
    }
    throw cause;
  }
}

async function startAgent(up: Up, ready: MasterReady): Promise<Child<unknown>> {
  const { shell, api, processes, place } = up;
  const { terminal, clock } = shell;
  const wait = { clock, signal: shell.ending() };
  const hostUuid = await enrolledHost(up);
  const agent = processes.agent(ready.agentPort);
  const host = await step(terminal, "the agent runs, and the master hears it", async () => {
    const heard = heardHost(api, hostUuid, { ...wait, mostMs: HOST_WAIT_MS });
    const found = await agent.whileAlive(heard);
    if (found !== null) return found;
    throw new DecnetError("internal", `the master did not hear the agent; see ${place.logs}`);
  });
  await assignFirstDeckies(api, host.uuid);
  const shards = await step(
    terminal,
    "the deckies run",
    () => agent.whileAlive(settledShards(api, host.uuid, { ...wait, mostMs: DECKIES_WAIT_MS })),
    (all) =>
      `${all.filter(({ state }) => state === "running").length} of ${all.length} deckies run`,
  );
  const logins = await weakLogins(place.agent);
  const lines = summaryLines(ready, host, shards, logins, terminal.style);
  for (const line of lines) terminal.print(line);
  return agent;
}

async function enrolledHost({ shell, api, processes, place }: Up): Promise<string> {
  const known = await loadIdentity(place.agent);
  if (known !== null) return known.hostUuid;
  return step(shell.terminal, "this machine is enrolled", async () => {
    const failure = await processes.enroll(await freshToken(api)).ended;
    if (failure !== null) throw failure;
    const made = await loadIdentity(place.agent);
    if (made === null) throw new DecnetError("not-enrolled");
    return made.hostUuid;
  });
}

/** Prints events as they come. */
async function watch({ shell, api }: Up): Promise<void> {
  const { terminal, clock } = shell;
  const { seq } = await recentEvents(api, 0, {});
  terminal.print(terminal.style.dim("Attacks, as they come; Ctrl-C stops everything:"));
  for await (const event of followEvents(api, seq, clock, shell.ending())) {
    terminal.print(eventLine(event, terminal.style));
  }
}

/** Rejects when the agent ends by itself, unless it was decommissioned: then the master goes on. */
async function agentEnd({ shell }: Up, agent: Child<unknown>): Promise<void> {
  const never = aborted(shell.ending());
  try {
    await agent.whileAlive(never);
  } catch (cause) {
    if (!(cause instanceof DecnetError) || cause.code !== "host-decommissioned") throw cause;
    shell.terminal.note(
      "This machine was decommissioned and its deckies are gone. A new start enrolls it anew.",
    );
    await never;
  }
}

async function orInterrupted<T>(work: Promise<T>, ending: AbortSignal): Promise<T> {
  const interrupted = aborted(ending).then(() => {
    throw new Interrupted();
  });
  return Promise.race([work, interrupted]);
}
