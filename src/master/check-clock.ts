import { DecnetError } from "../domain/errors.ts";
import type { Store } from "../store/store.ts";

/** Records may be this much ahead of the clock before it counts as wrong. */
const CLOCK_SLACK_MS = 60_000;

/** A clock set back would call every host silent late, or never: better not to start. */
export async function checkClock(
  store: Pick<Store, "newestSeenMs" | "rewindTo">,
  nowMs: number,
  trustClock: boolean,
): Promise<void> {
  const newestMs = await store.newestSeenMs();
  if (newestMs === null || newestMs <= nowMs + CLOCK_SLACK_MS) return;
  if (trustClock) return store.rewindTo(nowMs);
  const iso = (ms: number) => new Date(ms).toISOString();
  throw new DecnetError(
    "clock-behind",
    `the clock says ${iso(nowMs)}, a host was last seen at ${iso(newestMs)}`,
  );
}
