import { hash } from "node:crypto";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { EntryReading, HeartbeatReport } from "../domain/heartbeat.ts";
import type { ServiceStatus } from "../domain/shard.ts";
import type { FieldFault } from "./fault.ts";
import { type EntryReader, type KnownBody, knowBody, readChange } from "./heartbeat-change.ts";
import { parseJson } from "./json.ts";

/** Most bytes of a heartbeat's body. */
export const MAX_HEARTBEAT_BYTES = 2 * 1024 * 1024;

const Optional = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const Name = Type.String({ minLength: 1, maxLength: 255 });
const Text = Type.String({ maxLength: 1024 });

/** The seed's DeckyConfig. Keys that it does not name are dropped. */
export const DeckyConfigShape = Type.Object({
  name: Name,
  ip: Text,
  services: Type.Array(Name, { minItems: 1, maxItems: 256 }),
  distro: Text,
  base_image: Text,
  hostname: Text,
  build_base: Optional(Text),
  archetype: Optional(Text),
  service_config: Type.Optional(
    Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown())),
  ),
  nmap_os: Type.Optional(Text),
  mutate_interval: Optional(Type.Integer()),
  last_mutated: Type.Optional(Type.Number()),
  last_login_attempt: Type.Optional(Type.Number()),
  host_uuid: Optional(Text),
});

/** Body of `POST /swarm/heartbeat`; the entries of `deckies` are checked one by one. */
export const HeartbeatBody = Type.Object({
  host_uuid: Type.String(),
  agent_version: Optional(Text),
  status: Type.Object({
    deployed: Optional(Type.Boolean()),
    mode: Optional(Text),
    compose_path: Optional(Text),
    deckies: Optional(Type.Array(Type.Unknown())),
    runtime: Optional(Type.Record(Type.String(), Type.Unknown())),
    events_dropped: Type.Optional(Type.Unknown()),
  }),
});

const ServiceStatusShape = Type.Object({
  running: Type.Boolean(),
  ip: Type.Optional(Text),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535 })),
  reason: Type.Optional(Text),
});

const heartbeatBody = Compile(HeartbeatBody);
const deckyConfig = Compile(DeckyConfigShape);
const serviceStatus = Compile(ServiceStatusShape);
const deckyConfigKeys: ReadonlySet<string> = new Set(Object.keys(DeckyConfigShape.properties));

export type HeartbeatBodyReading =
  | { readonly kind: "report"; readonly report: HeartbeatReport }
  | {
      readonly kind: "unreadable";
      readonly code: "body-not-json" | "body-invalid";
      readonly faults: readonly FieldFault[];
    };

/** Parses a heartbeat's body (JSON, RFC 8259, UTF-8). Its deckies are read on demand. */
export function parseHeartbeat(body: Buffer): HeartbeatBodyReading {
  return parseKnowing(body, null).reading;
}

/**
 * The same, by what is different from the body that was read before, if that is known.
 * @returns Also what to know this body by; null if the next one is to be read whole.
 */
export function parseKnowing(
  body: Buffer,
  before: KnownBody | null,
): { readonly reading: HeartbeatBodyReading; readonly known: KnownBody | null } {
  const change = before === null ? null : readChange(before, body, reader);
  if (change !== null) {
    return { reading: { kind: "report", report: change.report }, known: change.known };
  }
  const value = parseJson(body);
  if (value === undefined) {
    return { reading: { kind: "unreadable", code: "body-not-json", faults: [] }, known: null };
  }
  if (!heartbeatBody.Check(value)) {
    const faults = heartbeatBody
      .Errors(value)
      .slice(0, 20)
      .map((error) => ({ field: error.instancePath, fault: error.message }));
    return { reading: { kind: "unreadable", code: "body-invalid", faults }, known: null };
  }
  const { status } = value;
  const deckies = status.deployed === true ? (status.deckies ?? []) : [];
  const runtime = status.runtime ?? {};
  const names = deckies.map(nameOf);
  const states = names.map((name) =>
    name !== null && Object.hasOwn(runtime, name) ? runtime[name] : undefined,
  );
  const report: HeartbeatReport = {
    hostUuid: value.host_uuid,
    agentVersion: value.agent_version ?? null,
    eventsDropped: readCount(status.events_dropped),
    entries: deckies.map((entry, place) =>
      reader.read(entry, states[place], names[place] ?? null, place),
    ),
  };
  return { reading: { kind: "report", report }, known: knowBody(body, report, names, states) };
}

/** Nobody's heartbeat fails for a count that is none. */
function readCount(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

const reader: EntryReader = {
  nameOf,
  digestOf,
  read(entry, state, name, place) {
    const digest = digestOf(entry, state);
    if (digest === null) {
      return { digest: "", read: () => malformed(name, place, "nested too deeply") };
    }
    return { digest, read: () => readEntry(entry, state, name, place) };
  },
};

function nameOf(entry: unknown): string | null {
  if (typeof entry !== "object" || entry === null || !("name" in entry)) return null;
  const { name } = entry;
  return typeof name === "string" && name !== "" && name.length <= 255 ? name : null;
}

/** Null if the entry is nested beyond what can be written out again. */
function digestOf(entry: unknown, state: unknown): string | null {
  try {
    return hash("sha256", JSON.stringify([entry, state]), "base64url");
  } catch {
    return null;
  }
}

function malformed(name: string | null, place: number, detail: string): EntryReading {
  return { kind: "malformed", fault: { decky: name ?? `#${place}`, detail } };
}

function readEntry(
  entry: unknown,
  state: unknown,
  name: string | null,
  place: number,
): EntryReading {
  if (!deckyConfig.Check(entry)) {
    const [first] = deckyConfig.Errors(entry);
    return malformed(
      name,
      place,
      `${first?.instancePath ?? ""} ${first?.message ?? "invalid"}`.trim(),
    );
  }
  const known = { ...entry };
  for (const key of Object.keys(known)) {
    if (!deckyConfigKeys.has(key)) Reflect.deleteProperty(known, key);
  }
  return {
    kind: "decky",
    decky: {
      name: entry.name,
      config: known,
      ...readRuntime(state),
    },
  };
}

/** `running` only if the entry says so, in so many words; whatever else it is, `degraded`. */
function readRuntime(state: unknown) {
  if (typeof state !== "object" || state === null || Array.isArray(state)) {
    const reason = state === undefined ? null : "runtime entry is not an object";
    return { state: "degraded" as const, reason, services: {} };
  }
  const facts: Readonly<Record<string, unknown>> = { ...state };
  const reason = typeof facts["reason"] === "string" ? facts["reason"].slice(0, 1024) : null;
  const services = readServices(facts["services"]);
  if (facts["running"] === true) return { state: "running" as const, reason: null, services };
  return {
    state: facts["failed"] === true ? ("failed" as const) : ("degraded" as const),
    reason,
    services,
  };
}

function readServices(services: unknown): Readonly<Record<string, ServiceStatus>> {
  if (typeof services !== "object" || services === null) return {};
  return Object.fromEntries(
    Object.entries(services).filter(([, status]) => serviceStatus.Check(status)),
  );
}
