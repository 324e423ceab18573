import { silentLog } from "../domain/log.ts";
import { createVirtualClock, type VirtualClock } from "../domain/virtual-clock.ts";
import { createHeartbeatLoop } from "./heartbeat-loop.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import type { AgentRequest } from "./transport.ts";

export const START_MS = 1_800_000_000_000;
export const ACCEPTED: ScriptedAnswer = { status: 204 };
export const DECOMMISSIONED: ScriptedAnswer = {
  status: 403,
  headers: { "decnet-error": "host-decommissioned" },
  body: '{"detail":"host decommissioned"}',
};

interface Beat {
  readonly atMs: number;
  readonly request: AgentRequest;
}

/** One loop on a virtual clock, against `answer`. */
export function startLoop(
  answer: (
    index: number,
    request: AgentRequest,
    clock: VirtualClock,
  ) => ScriptedAnswer | Promise<ScriptedAnswer>,
  hostUuid = "11111111-2222-4333-8444-555555555555",
) {
  const clock = createVirtualClock(START_MS);
  const beats: Beat[] = [];
  const lines: string[] = [];
  const transport = createScriptedTransport((request, index) => {
    beats.push({ atMs: clock.nowMs(), request });
    return answer(index, request, clock);
  });
  const status = { body: '{"a":1}' };
  let boot = 5;
  let nonce: string | null = null;
  const stop = new AbortController();
  const loop = createHeartbeatLoop({
    hostUuid,
    body: () => status.body,
    boot: {
      get number() {
        return boot;
      },
      raise: (to) => {
        boot = to;
        return Promise.resolve();
      },
    },
    lineage: {
      get nonce() {
        return nonce;
      },
      keep: (next) => {
        nonce = next;
        return Promise.resolve();
      },
    },
    transport,
    clock,
    random: () => 0.5,
    log: { ...silentLog, warn: (line) => lines.push(line), info: (line) => lines.push(line) },
  });
  const end = loop.run(stop.signal);
  const headers = (name: string) => beats.map((beat) => beat.request.headers?.[name]);
  return { clock, beats, lines, status, loop, end, stop, headers, hostUuid };
}
