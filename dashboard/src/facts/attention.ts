import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost, ApiHostProblem } from "../../../src/wire/api/host.ts";
import type { ShownState } from "./states.ts";

/** Something that a person should look at: who, since when, and what next. */
export interface Concern {
  readonly id: string;
  readonly tone: "bad" | "warn";
  /** Its mark; null for what is no state. */
  readonly state: ShownState | null;
  readonly subject: {
    readonly kind: "host" | "decky";
    readonly key: string;
    readonly name: string;
  };
  readonly what: string;
  /** Unix milliseconds. */
  readonly sinceMs: number;
  readonly next: string;
}

/** A host that was enrolled this long ago and has not beaten is worth a look, ms. */
const FIRST_BEAT_MS = 120_000;

/** All that is wrong, worst first, then the longest first. */
export function concernsOf(
  hosts: readonly ApiHost[],
  shards: readonly ApiShard[],
  problems: readonly ApiHostProblem[],
  alarms: readonly ApiAlarm[],
  nowMs: number,
): Concern[] {
  const byUuid = new Map(hosts.map((host) => [host.uuid, host]));
  const shardsOf = Map.groupBy(shards, (shard) => shard.hostUuid);
  const concerns = [
    ...hosts.flatMap((host) => hostConcerns(host, shardsOf.get(host.uuid) ?? [], nowMs)),
    ...alarms.flatMap((alarm) => alarmConcerns(alarm, byUuid.get(alarm.hostUuid))),
    ...shards.flatMap((shard) => shardConcerns(shard, byUuid.get(shard.hostUuid))),
    ...problems.flatMap((problem) => problemConcerns(problem, byUuid.get(problem.hostUuid))),
  ];
  const rank = { bad: 0, warn: 1 };
  return concerns.toSorted((a, b) => rank[a.tone] - rank[b.tone] || a.sinceMs - b.sinceMs);
}

function hostConcerns(host: ApiHost, shards: readonly ApiShard[], nowMs: number): Concern[] {
  const concern = hostConcern(host, shards, nowMs);
  if (concern === null) return [];
  const subject = { kind: "host", key: host.uuid, name: host.name } as const;
  return [{ id: `${host.state} ${host.uuid}`, subject, ...concern }];
}

function hostConcern(
  host: ApiHost,
  shards: readonly ApiShard[],
  nowMs: number,
): Omit<Concern, "id" | "subject"> | null {
  if (host.state === "silent") {
    const lost = shards.filter(({ state }) => state !== "absent").length;
    return {
      tone: "bad",
      state: "silent",
      what: lost === 0 ? "silent" : `silent; the state of its ${deckies(lost)} is unknown`,
      sinceMs: host.silentSinceMs ?? host.lastSeenMs ?? host.enrolledMs,
      next: "Check that the machine is up, that its agent runs, and that it reaches the master.",
    };
  }
  if (host.state === "quarantined") {
    return {
      tone: "bad",
      state: "quarantined",
      what: `quarantined: ${host.quarantineReason ?? "its identity is in doubt"}`,
      sinceMs: host.quarantinedMs ?? host.lastSeenMs ?? host.enrolledMs,
      next: "Stop the copy that is not to be, then release the host. If in doubt, decommission it and enroll the machine anew.",
    };
  }
  if (host.state === "enrolled" && nowMs - host.enrolledMs >= FIRST_BEAT_MS) {
    return {
      tone: "warn",
      state: "enrolled",
      what: "enrolled, but has never beaten",
      sinceMs: host.enrolledMs,
      next: "Start its agent: decnet agent run",
    };
  }
  return null;
}

/** What each alarm means, and what next. */
export const ALARMS: Readonly<
  Record<ApiAlarm["kind"], { readonly tone: Concern["tone"]; what: string; next: string }>
> = {
  "retired-certificate": {
    tone: "bad",
    what: "a certificate that it gave up for a newer one was used again",
    next: "Somebody has a copy of its former key. If no backup of it was started, decommission it and enroll the machine anew.",
  },
  "decommissioned-certificate": {
    tone: "bad",
    what: "was decommissioned, and its certificate is still used",
    next: "Find the machine at that address: its agent was not told, or somebody has a copy of its key.",
  },
  "renewal-overdue": {
    tone: "warn",
    what: "has not renewed its certificate",
    next: "See its agent's log. Once the certificate runs out the host is refused until it recovers.",
  },
  clone: {
    tone: "bad",
    what: "two machines used its identity",
    next: "Stop the copy that is not to be. If in doubt, decommission it and enroll the machine anew.",
  },
  restored: {
    tone: "warn",
    what: "came back in an older state",
    next: "If nobody restored it from a snapshot or a backup, a second copy of it may be about.",
  },
  "events-dropped": {
    tone: "warn",
    what: "lost events of its deckies",
    next: "See that its agent reaches the master, and that its disk has room.",
  },
};

function alarmConcerns(alarm: ApiAlarm, host: ApiHost | undefined): Concern[] {
  if (host === undefined || alarm.acknowledgedMs !== null) return [];
  // The host's own line says it already.
  if (alarm.kind === "clone" && host.state === "quarantined") return [];
  const { tone, what, next } = ALARMS[alarm.kind];
  return [
    {
      id: `alarm ${alarm.id}`,
      tone,
      state: null,
      subject: { kind: "host", key: host.uuid, name: host.name },
      what: alarm.address === null ? what : `${what}, from ${alarm.address}`,
      sinceMs: alarm.firstMs,
      next,
    },
  ];
}

function shardConcerns(shard: ApiShard, host: ApiHost | undefined): Concern[] {
  if (shard.state !== "failed" && shard.state !== "degraded") return [];
  if (host?.state === "silent" || host?.state === "decommissioned") return [];
  const down = Object.entries(shard.services).flatMap(([name, service]) =>
    service.running ? [] : [service.reason === undefined ? name : `${name} (${service.reason})`],
  );
  const why = shard.reason ?? (down.length === 0 ? null : `not answering: ${down.join(", ")}`);
  return [
    {
      id: `${shard.state} ${shard.name}`,
      tone: shard.state === "failed" ? "bad" : "warn",
      state: shard.state,
      subject: { kind: "decky", key: shard.name, name: shard.name },
      what: why === null ? shard.state : `${shard.state}: ${why}`,
      sinceMs: shard.changedMs,
      next: `See the agent's log on ${host?.name ?? "its host"}. It keeps trying by itself.`,
    },
  ];
}

function problemConcerns(problem: ApiHostProblem, host: ApiHost | undefined): Concern[] {
  if (host === undefined || host.state === "decommissioned") return [];
  return [
    {
      id: `${problem.kind} ${problem.hostUuid} ${problem.decky}`,
      tone: "warn",
      state: null,
      subject: { kind: "host", key: host.uuid, name: host.name },
      what: `reports ${problem.decky}: ${problem.detail}`,
      sinceMs: problem.firstSeenMs,
      next:
        problem.kind === "conflict"
          ? "The name belongs to another host. Rename one of the two."
          : "The entry was skipped, the others count. Mend what its agent reports.",
    },
  ];
}

function deckies(count: number): string {
  return count === 1 ? "one decky" : `${count} deckies`;
}
