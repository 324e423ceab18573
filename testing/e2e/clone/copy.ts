import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { runAgent } from "../../../src/agent/agent.ts";
import { createHttpsTransport } from "../../../src/agent/https-transport.ts";
import { type Identity, loadIdentity } from "../../../src/agent/identity.ts";
import type { AgentAnswer, AgentTransport } from "../../../src/agent/transport.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import { silentLog } from "../../../src/domain/log.ts";
import { HEADERS } from "../../../src/wire/headers.ts";
import { temporaryDir } from "../temporary.ts";

/** Fast enough for a test, slow enough for the pace that a certificate may keep. */
export const INTERVAL_MS = 250;

/** What came of one heartbeat: `accepted`, or the code of its refusal. */
export type Beat = string;

/** An agent at work on a data directory, seen from its transport. */
export interface Copy {
  readonly dir: string;
  readonly beats: readonly Beat[];
  /** Resolves once `condition` holds of the beats; it is asked anew at each answer. */
  until(condition: (beats: readonly Beat[]) => boolean): Promise<void>;
  /** As a crash would: whatever was under way is dropped. */
  stop(): Promise<void>;
}

/** The real agent on `dir`, over real TLS, without deckies. */
export async function startCopy(t: TestContext, dir: string): Promise<Copy> {
  const identity = await loadIdentity(dir);
  if (identity === null) throw new Error(`no identity in ${dir}`);
  const clock = createSystemClock();
  const beats: Beat[] = [];
  const waiting = new Set<() => void>();
  const transport = watched(identity, (answer) => {
    beats.push(
      answer.status === 204 ? "accepted" : (answer.headers[HEADERS.error] ?? `${answer.status}`),
    );
    for (const look of waiting) look();
  });
  const stopping = new AbortController();
  const ended = runAgent({
    dataDir: dir,
    identity,
    runtimes: () => ({}),
    clock,
    log: silentLog,
    version: "test",
    random: Math.random,
    transport,
    signal: stopping.signal,
  });
  const stop = async () => {
    stopping.abort();
    await ended;
  };
  t.after(stop);
  return {
    dir,
    beats,
    stop,
    async until(condition) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (condition(beats)) resolve();
      };
      waiting.add(look);
      look();
      await promise;
      waiting.delete(look);
    },
  };
}

/** HTTPS as the agent makes it; `onBeat` sees the answer of each heartbeat. */
export function watched(
  identity: Identity,
  onBeat: (answer: AgentAnswer) => void,
  onSend: () => void = () => {},
): AgentTransport {
  const transport = createHttpsTransport({
    host: identity.agentHost,
    port: identity.agentPort,
    key: identity.keyPem,
    certificate: identity.certificatePem,
    authority: () => identity.authorityPem,
    clock: createSystemClock(),
  });
  return {
    close: () => transport.close(),
    async request(request) {
      const isBeat = request.path === "/swarm/heartbeat";
      if (isBeat) onSend();
      const answer = await transport.request(request);
      if (isBeat) onBeat(answer);
      return answer;
    },
  };
}

/** What a thief, or a backup, takes of a data directory. */
export async function copyOf(t: TestContext, dir: string): Promise<string> {
  const target = join(await temporaryDir(t), "agent");
  await mkdir(target, { mode: 0o700 });
  // What is half written may be gone again before it is copied.
  const filter = (path: string) => !path.endsWith(".temporary");
  await cp(dir, target, { recursive: true, preserveTimestamps: true, filter });
  return target;
}

export const accepted = (n: number) => (beats: readonly Beat[]) =>
  beats.filter((beat) => beat === "accepted").length >= n;

export const quarantined = (beats: readonly Beat[]) => beats.includes("host-quarantined");
