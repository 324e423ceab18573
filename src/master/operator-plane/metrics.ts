import { Counter, Gauge, Registry } from "prom-client";
import { countFleet } from "./fleet-count.ts";
import type { Plane } from "./plane.ts";

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  /** The one label that it has, if any. */
  readonly label?: string;
}

/** Every metric of `GET /metrics`; docs/operations.md lists the same. */
export const METRICS = [
  { name: "decnet_hosts", type: "gauge", help: "Hosts by state.", label: "state" },
  {
    name: "decnet_shards",
    type: "gauge",
    help: "Deckies on hosts, by state as shown.",
    label: "state",
  },
  { name: "decnet_host_problems", type: "gauge", help: "Parts of reports that were not taken in." },
  { name: "decnet_alarms", type: "gauge", help: "Alarms that nobody acknowledged." },
  {
    name: "decnet_certificate_expiry_seconds",
    type: "gauge",
    help: "Time until the first certificate of a host in service runs out; +Inf without hosts.",
  },
  {
    name: "decnet_hosts_renewal_overdue",
    type: "gauge",
    help: "Hosts in service whose certificate is past two thirds of its life.",
  },
  {
    name: "decnet_rotation_hosts",
    type: "gauge",
    help: "While the authority is rotated: hosts in service, those that renewed under the new one, those that trust it.",
    label: "progress",
  },
  { name: "decnet_agent_connections", type: "gauge", help: "Open connections of agents." },
  {
    name: "decnet_heartbeats_total",
    type: "counter",
    help: "Heartbeats since the master started, by outcome.",
    label: "outcome",
  },
  {
    name: "decnet_refusals_total",
    type: "counter",
    help: "Refusals since the data directory was made, by code.",
    label: "code",
  },
  { name: "decnet_events_total", type: "counter", help: "Events of deckies that were stored." },
  { name: "decnet_journal_seq", type: "gauge", help: "Newest change in the journal." },
  {
    name: "decnet_sweep_age_seconds",
    type: "gauge",
    help: "Time since the liveness sweep last succeeded; since the start, before the first.",
  },
  { name: "decnet_streams_open", type: "gauge", help: "Open live streams of operators." },
  {
    name: "decnet_operator_answers_total",
    type: "counter",
    help: "Answers of the operator plane since the master started, by HTTP status.",
    label: "status",
  },
  {
    name: "decnet_logins_total",
    type: "counter",
    help: "Login attempts since the master started, by outcome.",
    label: "outcome",
  },
  { name: "decnet_start_time_seconds", type: "gauge", help: "When the master started, Unix time." },
  { name: "decnet_resident_memory_bytes", type: "gauge", help: "Resident memory of the master." },
] as const satisfies readonly Metric[];

type MetricName = (typeof METRICS)[number]["name"];
/** One value or, of a metric with a label, one for each value of the label. */
type Readings = Readonly<Record<MetricName, number | Iterable<readonly [string, number]>>>;

export interface Scraper {
  readonly contentType: string;
  /** @returns All metrics in the Prometheus text format, read just now. */
  scrape(): Promise<string>;
}

export function createScraper(plane: Plane): Scraper {
  const registry = new Registry();
  const instruments = METRICS.map((metric: Metric & { readonly name: MetricName }) => {
    const labelNames = metric.label === undefined ? [] : [metric.label];
    const config = { name: metric.name, help: metric.help, labelNames, registers: [registry] };
    return {
      metric,
      instrument: metric.type === "gauge" ? new Gauge(config) : new Counter(config),
    };
  });
  return {
    contentType: registry.contentType,
    async scrape() {
      const readings = await read(plane);
      registry.resetMetrics();
      for (const { metric, instrument } of instruments) {
        const reading = readings[metric.name];
        if (typeof reading === "number") {
          instrument.inc(reading);
          continue;
        }
        for (const [value, count] of reading)
          instrument.inc({ [metric.label ?? ""]: value }, count);
      }
      return await registry.metrics();
    },
  };
}

async function read({
  store,
  authorities,
  clock,
  metrics,
  counters,
  logins,
  startedMs,
}: Plane): Promise<Readings> {
  const nowMs = clock.nowMs();
  const fleet = await countFleet({ store, authorities }, nowMs);
  return {
    decnet_hosts: Object.entries(fleet.hosts),
    decnet_shards: Object.entries(fleet.shards),
    decnet_host_problems: fleet.problems,
    decnet_alarms: fleet.alarms,
    decnet_certificate_expiry_seconds:
      ((fleet.firstExpiryMs ?? Number.POSITIVE_INFINITY) - nowMs) / 1_000,
    decnet_hosts_renewal_overdue: fleet.renewalsOverdue,
    decnet_rotation_hosts: Object.entries(fleet.rotation ?? {}),
    decnet_agent_connections: metrics.agentConnections(),
    decnet_heartbeats_total: metrics.heartbeats(),
    decnet_refusals_total: Object.entries(fleet.refusals),
    decnet_events_total: fleet.events,
    decnet_journal_seq: await store.headSeq(),
    decnet_sweep_age_seconds: (clock.nowMs() - (metrics.lastSweepMs() ?? startedMs)) / 1_000,
    decnet_streams_open: counters.openStreams,
    decnet_operator_answers_total: counters.answers,
    decnet_logins_total: logins.outcomes(),
    decnet_start_time_seconds: startedMs / 1_000,
    decnet_resident_memory_bytes: process.memoryUsage.rss(),
  };
}
