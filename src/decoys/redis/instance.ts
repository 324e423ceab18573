import type { Persona } from "../persona.ts";
import type { Client } from "./command.ts";
import { Keyspace } from "./keyspace.ts";
import { defaultSettings } from "./settings.ts";

/** One decky's Redis server: all that its connections share. */
export interface Instance {
  readonly persona: Persona;
  readonly nowMs: () => number;
  /** Such as `6.0.16`. */
  readonly release: string;
  /** The same as a number to compare: 6.0 is 60. */
  readonly version: number;
  readonly keyspace: Keyspace;
  /** As `CONFIG GET` names them. */
  readonly settings: Map<string, string>;
  readonly clients: Set<Client>;
  /** SHA-1 of the scripts that were loaded, in hex. */
  readonly scripts: Set<string>;
  readonly startedMs: number;
  /** Where it was told to replicate from; it never connects. */
  master: { readonly host: string; readonly port: number } | null;
  savedMs: number;
  savedChanges: number;
  nextClientId: number;
  readonly totals: Totals;
}

/** What INFO counts, from before anybody came. */
export interface Totals {
  connections: number;
  commands: number;
  inputBytes: number;
  outputBytes: number;
  hits: number;
  misses: number;
}

/** Makes the server of a persona, with what its application keeps there. */
export function createInstance(persona: Persona, nowMs: () => number, password: string): Instance {
  const release = persona.release.versions["redis"] ?? "5.0.7";
  const [major = 5, minor = 0] = release.split(".").map(Number);
  const keyspace = new Keyspace(nowMs);
  fill(keyspace, persona, nowMs());
  const startedMs = persona.bootedMs + 9000 + persona.pick("redis.started", 30_000);
  // Some application has talked to it all the while, at a rate of its own.
  const minutes = Math.max(1, Math.floor((nowMs() - startedMs) / 60_000));
  const commands = minutes * (3 + persona.pick("redis.rate", 90));
  const hits = Math.floor((commands * (40 + persona.pick("redis.hits", 45))) / 100);
  return {
    persona,
    nowMs,
    release,
    version: major * 10 + minor,
    keyspace,
    settings: defaultSettings(persona, password),
    clients: new Set(),
    scripts: new Set(),
    startedMs,
    master: null,
    savedMs: nowMs() - persona.pick("redis.saved", 3_600_000),
    savedChanges: keyspace.changes - persona.pick("redis.unsaved", 9),
    nextClientId: 3 + Math.floor(minutes / (2 + persona.pick("redis.reconnects", 30))),
    totals: {
      connections: 2 + Math.floor(minutes / 7),
      commands,
      inputBytes: commands * 61 + persona.pick("redis.input", 60_000),
      outputBytes: commands * 143 + persona.pick("redis.output", 90_000),
      hits,
      misses: Math.floor(commands / 11),
    },
  };
}

/** A few keys as web applications leave them: sessions, caches, counters, a queue. */
function fill(keyspace: Keyspace, persona: Persona, nowMs: number): void {
  const digits = (label: string, count: number) =>
    persona.secret(label).toString("hex").slice(0, count);
  const prefixes = ["sess:", "session:", "PHPREDIS_SESSION:", "laravel:sess:", "sid:"];
  const prefix = prefixes[persona.pick("redis.prefix", prefixes.length)] ?? "sess:";
  const people = ["admin", ...persona.users.map(({ name }) => name)];
  const sessions = 3 + persona.pick("redis.sessions", 9);
  for (let index = 0; index < sessions; index++) {
    const user = people[persona.pick(`redis.session.${index}`, people.length)] ?? "admin";
    const id = 1 + persona.pick(`redis.user.${user}`, 400);
    const text = `{"user_id":${id},"username":"${user}","csrf":"${digits(`redis.csrf.${index}`, 32)}"}`;
    const expiresMs = nowMs + 3_600_000 + persona.pick(`redis.expires.${index}`, 86_400_000 * 6);
    keyspace.set(
      0,
      `${prefix}${digits(`redis.sid.${index}`, 32)}`,
      { type: "string", text },
      expiresMs,
    );
  }
  const domain = persona.domain.split(".")[0] ?? "app";
  keyspace.set(0, `${domain}:stats:visits`, {
    type: "string",
    text: String(1000 + persona.pick("redis.visits", 900_000)),
  });
  keyspace.set(0, `${domain}:config`, {
    type: "hash",
    fields: new Map([
      ["env", "production"],
      [
        "version",
        `${1 + persona.pick("redis.v1", 5)}.${persona.pick("redis.v2", 20)}.${persona.pick("redis.v3", 30)}`,
      ],
      ["base_url", `https://${persona.hostname.toLowerCase()}.${persona.domain}`],
      ["maintenance", "0"],
    ]),
  });
  const jobs = Array.from({ length: persona.pick("redis.jobs", 5) }, (_, index) =>
    JSON.stringify({
      id: digits(`redis.job.${index}`, 12),
      job: ["SendMail", "ResizeImage", "SyncOrders", "Reindex"][
        persona.pick(`redis.work.${index}`, 4)
      ],
      attempts: persona.pick(`redis.attempts.${index}`, 3),
    }),
  );
  if (jobs.length > 0) keyspace.set(0, "queues:default", { type: "list", items: jobs });
}
