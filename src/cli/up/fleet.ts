import type { Clock } from "../../domain/clock.ts";
import { DecnetError } from "../../domain/errors.ts";
import { ApiDecky, ApiShard } from "../../wire/api/decky.ts";
import { ApiHost } from "../../wire/api/host.ts";
import { ApiStatus } from "../../wire/api/status.ts";
import { CreateTokenAnswer } from "../../wire/api/token.ts";
import { listSchema, type MasterApi } from "../api-client.ts";
import { firstDeckies } from "./first-deckies.ts";

const LOOK_AGAIN_MS = 100;

/** Makes a join token; it is shown to nobody. */
export async function freshToken(api: MasterApi): Promise<string> {
  const { secret } = await api.call("POST", "/tokens", CreateTokenAnswer, { ttlMs: 60_000 });
  return secret;
}

/** Waits until this start of the master has heard the host: what it knows of before may be past. */
export async function heardHost(api: MasterApi, hostUuid: string, wait: Waiting): Promise<ApiHost> {
  const { startedMs } = await api.call("GET", "/status", ApiStatus);
  return until(wait, `host ${hostUuid} to send a heartbeat`, async () => {
    const { items } = await api.call("GET", "/hosts", listSchema(ApiHost));
    const host = items.find(({ uuid }) => uuid === hostUuid);
    return host?.state === "active" && (host.lastSeenMs ?? 0) >= startedMs ? host : null;
  });
}

/** Assigns the first deckies, if the whole fleet has none. */
export async function assignFirstDeckies(api: MasterApi, hostUuid: string): Promise<void> {
  const { items } = await api.call("GET", "/deckies", listSchema(ApiDecky));
  if (items.length > 0) return;
  for (const decky of firstDeckies(hostUuid)) await api.call("POST", "/deckies", ApiDecky, decky);
}

/** Waits until every decky that the host is to run does so or has failed, and returns their shards. */
export async function settledShards(
  api: MasterApi,
  hostUuid: string,
  wait: Waiting,
): Promise<readonly ApiShard[]> {
  const settled: ReadonlySet<string> = new Set(["running", "failed"]);
  const deckies = await api.call("GET", "/deckies", listSchema(ApiDecky));
  const wanted = deckies.items.filter((decky) => decky.hostUuid === hostUuid);
  return until(wait, "the deckies to run", async () => {
    const { items } = await api.call("GET", "/shards", listSchema(ApiShard));
    const byName = new Map(items.map((shard) => [shard.name, shard]));
    const shards = wanted
      .map(({ name }) => byName.get(name))
      .filter((shard) => shard !== undefined);
    const done = shards.filter(({ state }) => settled.has(state));
    return done.length === wanted.length ? done : null;
  });
}

export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly mostMs: number;
}

async function until<T>(
  { clock, signal, mostMs }: Waiting,
  what: string,
  look: () => Promise<T | null>,
): Promise<T> {
  const deadlineMs = clock.nowMs() + mostMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (clock.nowMs() > deadlineMs) {
      throw new DecnetError("internal", `waited ${mostMs / 1000} s in vain for ${what}`);
    }
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}
