import type { Field } from "./info.ts";
import type { Instance } from "./instance.ts";

function human(bytes: number): string {
  if (bytes < 1024) return `${bytes}B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(2)}K`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(2)}M`;
  return `${(bytes / 1024 ** 3).toFixed(2)}G`;
}

const STARTUP_BYTES: Readonly<Record<number, number>> = {
  32: 754_000,
  40: 782_504,
  50: 796_224,
  60: 803_320,
};
const ALLOCATORS: Readonly<Record<string, string>> = {
  "debian-10": "jemalloc-5.1.0",
  "debian-11": "jemalloc-5.2.1",
  "ubuntu-18.04": "jemalloc-3.6.0",
  "ubuntu-20.04": "jemalloc-5.2.1",
  "centos-7": "jemalloc-3.6.0",
  "almalinux-8": "jemalloc-5.1.0",
};

/** The section Memory. */
export function memoryFields(instance: Instance): readonly Field[] {
  const { persona, settings } = instance;
  const startup = STARTUP_BYTES[instance.version] ?? 800_000;
  const dataset = instance.keyspace.measure() + 9000 + persona.pick("redis.dataset", 40_000);
  const overhead = startup + instance.clients.size * 16_986;
  const used = overhead + dataset;
  const peak = used + persona.pick("redis.peak", 400_000);
  const rss = used * 2 + 3_400_000 + persona.pick("redis.rss", 200) * 4096;
  const total = persona.hardware.memoryKb * 1024;
  const max = Number(settings.get("maxmemory") ?? 0);
  const allocated = used + 410_000;
  const active = allocated + 319_488;
  const resident = active + 2_400_256;
  const ratio = (one: number, other: number) => (one / other).toFixed(2);
  const percent = (one: number, other: number) => `${((one * 100) / other).toFixed(2)}%`;
  return [
    ["used_memory", used],
    ["used_memory_human", human(used)],
    ["used_memory_rss", rss],
    ["used_memory_rss_human", human(rss)],
    ["used_memory_peak", peak],
    ["used_memory_peak_human", human(peak)],
    ["used_memory_peak_perc", percent(used, peak), 40],
    ["used_memory_overhead", overhead, 40],
    ["used_memory_startup", startup, 40],
    ["used_memory_dataset", dataset, 40],
    ["used_memory_dataset_perc", percent(dataset, used - startup), 40],
    ["allocator_allocated", allocated, 50],
    ["allocator_active", active, 50],
    ["allocator_resident", resident, 50],
    ["total_system_memory", total],
    ["total_system_memory_human", human(total)],
    ["used_memory_lua", instance.version >= 50 ? 41_984 : 37_888],
    ["used_memory_lua_human", instance.version >= 50 ? "41.00K" : "37.00K"],
    ["used_memory_scripts", 0, 50],
    ["used_memory_scripts_human", "0B", 50],
    ["number_of_cached_scripts", instance.scripts.size, 50],
    ["maxmemory", max],
    ["maxmemory_human", human(max)],
    ["maxmemory_policy", settings.get("maxmemory-policy") ?? "noeviction"],
    ["allocator_frag_ratio", ratio(active, allocated), 50],
    ["allocator_frag_bytes", active - allocated, 50],
    ["allocator_rss_ratio", ratio(resident, active), 50],
    ["allocator_rss_bytes", resident - active, 50],
    ["rss_overhead_ratio", ratio(rss, resident), 50],
    ["rss_overhead_bytes", rss - resident, 50],
    ["mem_fragmentation_ratio", ratio(rss, used)],
    ["mem_fragmentation_bytes", rss - used, 50],
    ["mem_not_counted_for_evict", 0, 50],
    ["mem_replication_backlog", 0, 50],
    ["mem_clients_slaves", 0, 50],
    ["mem_clients_normal", instance.clients.size * 16_986, 50],
    ["mem_aof_buffer", 0, 50],
    ["mem_allocator", ALLOCATORS[persona.distro] ?? "libc"],
    ["active_defrag_running", 0, 40],
    ["lazyfree_pending_objects", 0, 40],
  ];
}
