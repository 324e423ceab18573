import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureMemory } from "./memory.ts";
import { type BenchLoad, type BenchServer, startLoad, startServer } from "./processes.ts";

/*
 * Durable heartbeats a second over mutual TLS, beside a bare node:https server that reads and
 * parses the same body: server on one core, load on the other, rounds alternated, medians.
 */

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    seconds: { type: "string", default: "0.7" },
    hosts: { type: "string", default: "16" },
    "memory-hosts": { type: "string", default: "10000" },
    only: { type: "string" },
  },
});

interface Scenario {
  readonly name: string;
  readonly deckies: number;
  readonly changing: boolean;
  readonly newConnections: boolean;
  /** Least ratio to the bare server that is asked of this build. */
  readonly goal: number | null;
}

const scenarios: readonly Scenario[] = [
  { name: "unchanged, 1 decky", deckies: 1, changing: false, newConnections: false, goal: null },
  { name: "unchanged, 10", deckies: 10, changing: false, newConnections: false, goal: 0.9 },
  { name: "unchanged, 50", deckies: 50, changing: false, newConnections: false, goal: 0.9 },
  { name: "changing, 1 decky", deckies: 1, changing: true, newConnections: false, goal: 0.45 },
  { name: "changing, 10", deckies: 10, changing: true, newConnections: false, goal: 0.45 },
  { name: "changing, 50", deckies: 50, changing: true, newConnections: false, goal: 0.45 },
  { name: "new connection, 1", deckies: 1, changing: false, newConnections: true, goal: 0.8 },
];

interface Sample {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly busy: number;
}

let boot = 0;

async function sample(server: BenchServer, load: BenchLoad, scenario: Scenario): Promise<Sample> {
  boot += 1;
  const plan = { ...server.ready, ...scenario, boot };
  await load.run({ ...plan, durationMs: 300 });
  boot += 1;
  const before = await server.usage();
  const durationMs = Number(values.seconds) * 1000;
  const result = await load.run({ ...plan, boot, durationMs });
  const after = await server.usage();
  const others = Object.entries(result.others);
  if (others.length > 0) throw new Error(`answers other than 204: ${JSON.stringify(others)}`);
  const cpuMicros = after.cpuMicros - before.cpuMicros;
  return {
    perSecond: (result.beats / result.elapsedMs) * 1000,
    cpuMicros: cpuMicros / result.beats,
    busy: cpuMicros / (result.elapsedMs * 1000),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

const spread = (numbers: readonly number[]) =>
  `${Math.min(...numbers).toFixed(2)}–${Math.max(...numbers).toFixed(2)}`;

const dir = await mkdtemp(join(tmpdir(), "decnet-bench-"));
try {
  const load = await startLoad();
  const hosts = Number(values.hosts);
  const chosen = scenarios.filter(
    ({ name }) => values.only === undefined || name.includes(values.only),
  );
  console.log(
    `${hosts} connections, ${values.rounds} rounds of ${values.seconds} s each, alternated; medians`,
  );
  console.log(
    "| heartbeats a second | bare node:https | DECNET, durable | ratio (spread) | CPU ratio | server busy | goal |",
  );
  console.log("|---|---|---|---|---|---|---|");
  for (const scenario of chosen) {
    const bare = await startServer("serve-bare.ts", join(dir, "bare"), hosts);
    const ours = await startServer("serve-decnet.ts", await mkdtemp(join(dir, "decnet-")), hosts);
    const pairs: { bare: Sample; ours: Sample }[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      pairs.push({
        bare: await sample(bare, load, scenario),
        ours: await sample(ours, load, scenario),
      });
    }
    await bare.stop();
    await ours.stop();
    const ratios = pairs.map((pair) => pair.ours.perSecond / pair.bare.perSecond);
    const row = [
      scenario.name,
      Math.round(median(pairs.map((pair) => pair.bare.perSecond))),
      Math.round(median(pairs.map((pair) => pair.ours.perSecond))),
      `${median(ratios).toFixed(2)} (${spread(ratios)})`,
      median(pairs.map((pair) => pair.bare.cpuMicros / pair.ours.cpuMicros)).toFixed(2),
      `${Math.round(median(pairs.map((pair) => pair.bare.busy)) * 100)} / ${Math.round(median(pairs.map((pair) => pair.ours.busy)) * 100)} %`,
      scenario.goal === null ? "" : `≥ ${scenario.goal}`,
    ];
    console.log(`| ${row.join(" | ")} |`);
  }
  await load.stop();
  const memoryHosts = Number(values["memory-hosts"]);
  if (memoryHosts > 0) await measureMemory(await mkdtemp(join(dir, "memory-")), memoryHosts);
} finally {
  await rm(dir, { recursive: true, force: true });
}
