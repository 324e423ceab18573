import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { DecoyEvent } from "../domain/event.ts";
import type { Spool } from "./spool.ts";

export const eventOf = (number: number, size = 10): DecoyEvent => ({
  event_id: `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`,
  kind: "ssh.command",
  host_uuid: "u",
  decky: "web",
  service: "ssh",
  session: "s",
  src_ip: "192.0.2.1",
  src_port: 4242,
  dst_ip: "127.0.10.1",
  dst_port: 22,
  at: "2026-01-01T00:00:00.000Z",
  data: { input: "ü\n".repeat(size) },
});

export function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "decnet-spool-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

export const numbersOf = (events: readonly string[]) =>
  events.map((json) => Number((JSON.parse(json) as DecoyEvent).event_id.slice(-12)));

/** Takes everything out, as a shipper does whose master takes everything in. */
export async function drain(spool: Spool, maxEvents = 500): Promise<number[]> {
  const numbers: number[] = [];
  for (;;) {
    const batch = await spool.read(maxEvents, 1024 * 1024);
    if (batch === null) return numbers;
    numbers.push(...numbersOf(batch.events));
    await spool.ack(batch);
  }
}

export const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

export async function fill(
  spool: Spool,
  from: number,
  to: number,
  size?: number,
): Promise<boolean[]> {
  return Promise.all(range(from, to).map((number) => spool.append(eventOf(number, size))));
}
