import { daemonOfUnit, daemonsOf } from "../shell/daemons.ts";
import { startDaemons } from "../shell/processes.ts";
import { memoryFields } from "./info-memory.ts";
import type { Instance } from "./instance.ts";
import { DATABASES } from "./keyspace.ts";
import { pathsOf } from "./settings.ts";

/** A line of INFO, with the versions that have it: 32 is 3.2. */
export type Field = readonly [name: string, value: string | number, since?: number, until?: number];

/** What INFO says of a section, or of all of them (`server.c`, `genRedisInfoString`). */
export function infoText(instance: Instance, section: string): string {
  const wanted = section.toLowerCase();
  const all = ["default", "all", "everything"].includes(wanted);
  const sections = sectionsOf(instance).filter(
    ([name, , since = 0]) => instance.version >= since && (all || name.toLowerCase() === wanted),
  );
  return sections
    .map(([name, fields]) => {
      const lines = fields
        .filter(
          ([, , since = 0, until = 99]) => instance.version >= since && instance.version <= until,
        )
        .map(([key, value]) => `${key}:${value}\r\n`);
      return `# ${name}\r\n${lines.join("")}`;
    })
    .join("\r\n");
}

function sectionsOf(instance: Instance): readonly (readonly [string, readonly Field[], number?])[] {
  return [
    ["Server", server(instance)],
    ["Clients", clients(instance)],
    ["Memory", memoryFields(instance)],
    ["Persistence", persistence(instance)],
    ["Stats", stats(instance)],
    ["Replication", replication(instance)],
    ["CPU", cpu(instance)],
    ["Modules", [], 60],
    ["Cluster", [["cluster_enabled", 0]]],
    ["Keyspace", keys(instance)],
  ];
}

function upSeconds(instance: Instance): number {
  return Math.max(1, Math.floor((instance.nowMs() - instance.startedMs) / 1000));
}

function server(instance: Instance): readonly Field[] {
  const { persona, release } = instance;
  const { versions, kernelRelease, machine } = persona.release;
  const seconds = upSeconds(instance);
  return [
    ["redis_version", release],
    ["redis_git_sha1", "00000000"],
    ["redis_git_dirty", 0],
    ["redis_build_id", versions["redisBuild"] ?? "0"],
    ["redis_mode", "standalone"],
    ["os", `Linux ${kernelRelease} ${machine}`],
    ["arch_bits", machine === "x86_64" ? 64 : 32],
    ["multiplexing_api", "epoll"],
    ["atomicvar_api", "atomic-builtin", 40],
    ["gcc_version", versions["gcc"] ?? "0.0.0"],
    ["process_id", pidOf(instance)],
    ["run_id", runId(instance)],
    ["tcp_port", 6379],
    ["uptime_in_seconds", seconds],
    ["uptime_in_days", Math.floor(seconds / 86_400)],
    ["hz", instance.settings.get("hz") ?? 10],
    ["configured_hz", instance.settings.get("hz") ?? 10, 50],
    ["lru_clock", Math.floor(instance.nowMs() / 1000) & 0xffffff],
    ["executable", "/usr/bin/redis-server"],
    ["config_file", pathsOf(persona).config],
    ["io_threads_active", 0, 60],
  ];
}

/** As the shells of the same machine show it. */
function pidOf({ persona }: Instance): number {
  const daemons = startDaemons(persona, daemonsOf(persona));
  return daemonOfUnit(daemons, "redis")?.running[0]?.pid ?? 420 + persona.pick("redis.pid", 900);
}

/** The server's own id of 40 hexadecimal digits; new at each start, so it hangs on the boot. */
function runId({ persona }: Instance): string {
  const bytes = Buffer.concat([persona.secret("redis.run.1"), persona.secret("redis.run.2")]);
  return bytes.toString("hex").slice(0, 40);
}

function clients(instance: Instance): readonly Field[] {
  return [
    ["connected_clients", instance.clients.size],
    ["client_longest_output_list", 0, 0, 49],
    ["client_biggest_input_buf", 0, 0, 49],
    ["client_recent_max_input_buffer", 2, 50],
    ["client_recent_max_output_buffer", 0, 50],
    ["blocked_clients", 0],
    ["tracking_clients", 0, 60],
    ["clients_in_timeout_table", 0, 60],
  ];
}

function persistence(instance: Instance): readonly Field[] {
  return [
    ["loading", 0],
    ["rdb_changes_since_last_save", instance.keyspace.changes - instance.savedChanges],
    ["rdb_bgsave_in_progress", 0],
    ["rdb_last_save_time", Math.floor(instance.savedMs / 1000)],
    ["rdb_last_bgsave_status", "ok"],
    ["rdb_last_bgsave_time_sec", 0],
    ["rdb_current_bgsave_time_sec", -1],
    ["rdb_last_cow_size", 200_704 + instance.persona.pick("redis.cow", 60) * 4096, 40],
    ["aof_enabled", 0],
    ["aof_rewrite_in_progress", 0],
    ["aof_rewrite_scheduled", 0],
    ["aof_last_rewrite_time_sec", -1],
    ["aof_current_rewrite_time_sec", -1],
    ["aof_last_bgrewrite_status", "ok"],
    ["aof_last_write_status", "ok"],
    ["aof_last_cow_size", 0, 40],
    ["module_fork_in_progress", 0, 60],
    ["module_fork_last_cow_size", 0, 60],
  ];
}

function stats(instance: Instance): readonly Field[] {
  const { totals, persona } = instance;
  return [
    ["total_connections_received", totals.connections],
    ["total_commands_processed", totals.commands],
    ["instantaneous_ops_per_sec", 0],
    ["total_net_input_bytes", totals.inputBytes],
    ["total_net_output_bytes", totals.outputBytes],
    ["instantaneous_input_kbps", "0.00"],
    ["instantaneous_output_kbps", "0.00"],
    ["rejected_connections", 0],
    ["sync_full", 0],
    ["sync_partial_ok", 0],
    ["sync_partial_err", 0],
    ["expired_keys", Math.floor(totals.misses / 3)],
    ["expired_stale_perc", "0.00", 50],
    ["expired_time_cap_reached_count", 0, 50],
    ["expire_cycle_cpu_milliseconds", Math.floor(upSeconds(instance) / 40), 60],
    ["evicted_keys", 0],
    ["keyspace_hits", totals.hits],
    ["keyspace_misses", totals.misses],
    [
      "pubsub_channels",
      new Set([...instance.clients].flatMap(({ channels }) => [...channels])).size,
    ],
    [
      "pubsub_patterns",
      new Set([...instance.clients].flatMap(({ patterns }) => [...patterns])).size,
    ],
    ["latest_fork_usec", 180 + persona.pick("redis.fork", 900)],
    ["migrate_cached_sockets", 0],
    ["slave_expires_tracked_keys", 0, 40],
    ["active_defrag_hits", 0, 40],
    ["active_defrag_misses", 0, 40],
    ["active_defrag_key_hits", 0, 40],
    ["active_defrag_key_misses", 0, 40],
    ["tracking_total_keys", 0, 60],
    ["tracking_total_items", 0, 60],
    ["tracking_total_prefixes", 0, 60],
    ["unexpected_error_replies", 0, 60],
    ["total_reads_processed", totals.commands + totals.connections, 60],
    ["total_writes_processed", totals.commands, 60],
    ["io_threaded_reads_processed", 0, 60],
    ["io_threaded_writes_processed", 0, 60],
  ];
}

function replication(instance: Instance): readonly Field[] {
  const { master, persona } = instance;
  const replica: readonly Field[] =
    master === null
      ? [["role", "master"]]
      : [
          ["role", "slave"],
          ["master_host", master.host],
          ["master_port", master.port],
          ["master_link_status", "down"],
          ["master_last_io_seconds_ago", -1],
          ["master_sync_in_progress", 0],
          ["slave_repl_offset", 0],
          ["master_link_down_since_seconds", upSeconds(instance)],
          ["slave_priority", 100],
          ["slave_read_only", 1],
        ];
  return [
    ...replica,
    ["connected_slaves", 0],
    ["master_replid", persona.secret("redis.replid").toString("hex").slice(0, 40), 40],
    ["master_replid2", "0".repeat(40), 40],
    ["master_repl_offset", 0],
    ["second_repl_offset", -1, 40],
    ["repl_backlog_active", 0],
    ["repl_backlog_size", 1_048_576],
    ["repl_backlog_first_byte_offset", 0],
    ["repl_backlog_histlen", 0],
  ];
}

function cpu(instance: Instance): readonly Field[] {
  const digits = instance.version >= 50 ? 6 : 2;
  // A fifth of a percent of a core: what a quiet Redis takes for its clock.
  const share = (900 + instance.persona.pick("redis.cpu", 900)) / 1_000_000;
  const user = upSeconds(instance) * share;
  return [
    ["used_cpu_sys", (user * 1.07).toFixed(digits)],
    ["used_cpu_user", user.toFixed(digits)],
    ["used_cpu_sys_children", (user / 210).toFixed(digits)],
    ["used_cpu_user_children", (user / 390).toFixed(digits)],
  ];
}

function keys({ keyspace, nowMs }: Instance): readonly Field[] {
  const fields: Field[] = [];
  for (let database = 0; database < DATABASES; database++) {
    const found = keyspace.keys(database);
    if (found.length === 0) continue;
    const left = found.flatMap((key) => {
      const expiresMs = keyspace.expiry(database, key);
      return expiresMs === null ? [] : [expiresMs - nowMs()];
    });
    const average =
      left.length === 0 ? 0 : Math.floor(left.reduce((sum, ms) => sum + ms, 0) / left.length);
    fields.push([
      `db${database}`,
      `keys=${found.length},expires=${left.length},avg_ttl=${average}`,
    ]);
  }
  return fields;
}
