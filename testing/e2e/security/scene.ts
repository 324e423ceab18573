import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createSystemClock } from "../../../src/cli/clock.ts";
import type { Clock } from "../../../src/domain/clock.ts";
import type { Log, LogFacts } from "../../../src/domain/log.ts";
import type { Master, MasterOptions } from "../../../src/master/master.ts";
import { FLUSH_EVERY_MS } from "../../../src/master/tally.ts";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiAuditEntry } from "../../../src/wire/api/audit.ts";
import type { ApiStatus } from "../../../src/wire/api/status.ts";
import { callMaster, listOf } from "../operator.ts";
import { openMaster } from "../swarm.ts";

/** What is written of the fleet, whole; and beside it what is told of refusals. */
export interface Snapshot {
  readonly rows: Readonly<Record<string, readonly object[]>>;
  readonly refusals: Readonly<Record<string, number>>;
  readonly alarms: readonly ApiAlarm[];
  readonly audit: readonly ApiAuditEntry[];
}

/** All that an attack may leave behind. */
export interface Traces {
  /** Codes of refusals that were counted, and no others, with the least count of each. */
  readonly refused?: Readonly<Record<string, number>>;
  /** `KIND HOST-NAME ADDRESS` of the alarms that were raised, and no others. */
  readonly alarms?: readonly string[];
  /** `ACTION OUTCOME ADDRESS` of the rows that the audit got, oldest first, and no others. */
  readonly audit?: readonly string[];
  /** Ids whose rows are left out of the comparison: the test looks at them itself. */
  readonly except?: readonly string[];
}

/** A real master whose traces a test reads as an operator does. */
export interface Scene {
  readonly master: Master & { readonly dir: string };
  /** Lines of the master's log from `info` up, each with its facts. */
  readonly log: readonly string[];
  /** Sets the master's clock ahead. */
  skip(ms: number): void;
  snapshot(): Promise<Snapshot>;
  /** Asserts that since `before` exactly these traces were left, and that nothing else was written. */
  assertTraces(before: Snapshot, traces: Traces): Promise<void>;
}

const TABLES = ["hosts?decommissioned=true", "shards", "problems", "deckies", "tokens", "events"];
const PATIENCE_MS = 10_000;

export async function setScene(t: TestContext, over: Partial<MasterOptions> = {}): Promise<Scene> {
  const log: string[] = [];
  let aheadMs = 0;
  const system = createSystemClock();
  const clock: Clock = {
    nowMs: () => system.nowMs() + aheadMs,
    // Refusals are shown when they are written, every few seconds: here, at once.
    sleep: (ms, signal) => system.sleep(ms === FLUSH_EVERY_MS ? 20 : ms, signal),
  };
  const master = await openMaster(t, { clock, log: keptIn(log), ...over });

  async function snapshot(): Promise<Snapshot> {
    const [rows, status, alarms, audit] = await Promise.all([
      Promise.all(
        TABLES.map(
          async (path) => [path, await listOf<object>(master, `/api/v1/${path}`)] as const,
        ),
      ),
      callMaster(master, "GET", "/api/v1/status"),
      listOf<ApiAlarm>(master, "/api/v1/alarms"),
      listOf<ApiAuditEntry>(master, "/api/v1/audit?limit=200"),
    ]);
    const { refusals } = status.json as ApiStatus;
    return { rows: Object.fromEntries(rows), refusals, alarms, audit: audit.toReversed() };
  }

  return {
    master,
    log,
    snapshot,
    skip(ms) {
      aheadMs += ms;
    },
    async assertTraces(before, { refused = {}, alarms = [], audit = [], except = [] }) {
      const told = (after: Snapshot) => ({
        refused: raised(before.refusals, after.refusals, refused),
        alarms: after.alarms.slice(before.alarms.length).map(alarmLine(after)).toSorted(),
        audit: after.audit.slice(before.audit.length).map(auditLine),
      });
      const expected = { refused, alarms: alarms.toSorted(), audit };
      const overMs = performance.now() + PATIENCE_MS;
      let after = await snapshot();
      while (!isSame(told(after), expected) && performance.now() < overMs) {
        await delay(10);
        after = await snapshot();
      }
      assert.deepEqual(told(after), expected);
      for (const line of alarms) assert.ok(log.some(saysAlarm(line)), `${line} is in the log`);
      assert.deepEqual(
        without(after.rows, except),
        without(before.rows, except),
        "what is written",
      );
    },
  };
}

/** By how much each code was counted up; not above `most`, as agents that go on add to it. */
function raised(
  before: Snapshot["refusals"],
  after: Snapshot["refusals"],
  most: Readonly<Record<string, number>>,
): Record<string, number> {
  const more = Object.entries(after)
    .map(([code, count]) => [code, count - (before[code] ?? 0)] as const)
    .filter(([, count]) => count > 0)
    .map(([code, count]) => [code, Math.min(count, most[code] ?? count)] as const);
  return Object.fromEntries(more);
}

function alarmLine({ rows }: Snapshot) {
  const names = new Map(
    (rows[TABLES[0] ?? ""] as readonly { uuid: string; name: string }[]).map(
      ({ uuid, name }) => [uuid, name] as const,
    ),
  );
  return ({ kind, hostUuid, address }: ApiAlarm) => `${kind} ${names.get(hostUuid)} ${address}`;
}

function auditLine({ action, outcome, address }: ApiAuditEntry): string {
  return `${action} ${outcome} ${address}`;
}

function saysAlarm(alarm: string) {
  const [kind = ""] = alarm.split(" ");
  // Of a clone it says more than of the others, as it acted.
  const words = kind === "clone" ? "two live copies" : `"kind":"${kind}"`;
  return (line: string) => line.includes(words);
}

function without(rows: Snapshot["rows"], ids: readonly string[]): Snapshot["rows"] {
  const isOther = (row: object) => !ids.some((id) => JSON.stringify(row).includes(id));
  return Object.fromEntries(
    Object.entries(rows).map(([table, items]) => [table, items.filter(isOther)]),
  );
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    assert.deepEqual(one, other);
    return true;
  } catch {
    return false;
  }
}

/** A log that a test can read. */
export function keptIn(lines: string[]): Log {
  const keep = (message: string, facts: LogFacts = {}) => {
    lines.push(`${message} ${JSON.stringify(facts)}`);
  };
  const log: Log = { info: keep, warn: keep, error: keep, debug() {}, child: () => log };
  return log;
}
