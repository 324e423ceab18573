import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Process ids of everything that `pid` started, and that those started (Linux, proc(5)). */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = parentOf(Number(entry));
    if (parent !== null) parents.set(Number(entry), parent);
  }
  const found = [pid];
  for (const known of found) {
    for (const [child, parent] of parents) if (parent === known) found.push(child);
  }
  return found.slice(1);
}

/** Resolves once none of them is alive; rejects with those that still are after `withinMs`. */
export async function allGone(pids: readonly number[], withinMs: number): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const alive = pids.filter((pid) => parentOf(pid) !== null);
    if (alive.length === 0) return;
    if (performance.now() > deadlineMs) throw new Error(`still alive: ${alive.join(", ")}`);
    await delay(20);
  }
}

/** Whether something accepts connections there. */
export async function isListening(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Null for one that is gone, or a zombie that nobody has waited for yet. */
function parentOf(pid: number): number | null {
  try {
    // The name in parentheses may hold anything, so what follows is counted from its end.
    const [state, parent] =
      readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return state === "Z" || parent === undefined ? null : Number(parent);
  } catch {
    return null;
  }
}
