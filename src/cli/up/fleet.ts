import type { Clock } from "../../domain/clock.ts";
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

/**
 * Waits until this start of the master has heard the host: what it knows of before may be past.
 * @returns null if that takes too long.
 */
export async function heardHost(
  api: MasterApi,
  hostUuid: string,
  wait: Waiting,
): Promise<ApiHost | null> {
  const { startedMs } = await api.call("GET", "/status", ApiStatus);
  let host: ApiHost | undefined;
  const isHeard = await until(wait, async () => {
    const { items } = await api.call("GET", "/hosts", listSchema(ApiHost));
    host = items.find(({ uuid }) => uuid === hostUuid);
    return host?.state === "active" && (host.lastSeenMs ?? 0) >= startedMs;
  });
  return isHeard ? (host ?? null) : null;
}

/** Assigns the first deckies, if the whole fleet has none. */
export async function assignFirstDeckies(api: MasterApi, hostUuid: string): Promise<void> {
  const { items } = await api.call("GET", "/deckies", listSchema(ApiDecky));
  if (items.length > 0) return;
  for (const decky of firstDeckies(hostUuid)) await api.call("POST", "/deckies", ApiDecky, decky);
}

/**
 * Waits until every decky that the host is to run does so or has failed, but no longer than allowed.
 * @returns The shards as they are then.
 */
export async function settledShards(
  api: MasterApi,
  hostUuid: string,
  wait: Waiting,
): Promise<readonly ApiShard[]> {
  const settled: ReadonlySet<string> = new Set(["running", "failed"]);
  const { items: deckies } = await api.call(
    "GET",
    `/deckies?host=${hostUuid}`,
    listSchema(ApiDecky),
  );
  let shards: readonly ApiShard[] = [];
  await until(wait, async () => {
    const { items } = await api.call("GET", `/shards?host=${hostUuid}`, listSchema(ApiShard));
    shards = items.filter(({ state }) => state !== "absent");
    const byName = new Map(shards.map(({ name, state }) => [name, state]));
    return deckies.every(({ name }) => settled.has(byName.get(name) ?? ""));
  });
  return shards;
}

export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly mostMs: number;
}

/** @returns Whether it came to be so in time. */
async function until(
  { clock, signal, mostMs }: Waiting,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  const deadlineMs = clock.nowMs() + mostMs;
  while (!(await isSo())) {
    if (clock.nowMs() > deadlineMs) return false;
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
  return true;
}
