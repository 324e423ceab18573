import { isDeepStrictEqual } from "node:util";
import type { DesiredDecky } from "../wire/desired.ts";

export type Action =
  | { readonly kind: "stop"; readonly decky: DesiredDecky }
  /** It runs, but not as it should: `decky` is how it should. */
  | { readonly kind: "restart"; readonly decky: DesiredDecky }
  /** It does not run, or only in part: what runs just so is left as it is. */
  | { readonly kind: "start"; readonly decky: DesiredDecky };

/**
 * What to do so that exactly what is desired runs. Pure. Stops come first, since they free addresses
 * that others may be about to take; within each kind the order is that of the names.
 *
 * @param running How each decky that runs was started, by name.
 * @param degraded Names of those that run only in part.
 */
export function reconcile(
  desired: readonly DesiredDecky[],
  running: ReadonlyMap<string, DesiredDecky>,
  degraded: ReadonlySet<string>,
): readonly Action[] {
  const wanted = new Map(desired.map((decky) => [decky.name, decky]));
  const stops: Action[] = [];
  const restarts: Action[] = [];
  const starts: Action[] = [];
  for (const [name, decky] of running) {
    if (!wanted.has(name)) stops.push({ kind: "stop", decky });
  }
  for (const [name, decky] of wanted) {
    const current = running.get(name);
    if (current !== undefined && !sameSpec(current, decky))
      restarts.push({ kind: "restart", decky });
    else if (current === undefined || degraded.has(name)) starts.push({ kind: "start", decky });
  }
  return [stops, restarts, starts].flatMap((actions) => actions.toSorted(byName));
}

export function sameSpec(a: DesiredDecky, b: DesiredDecky): boolean {
  return isDeepStrictEqual(a, b);
}

function byName(a: Action, b: Action): number {
  return a.decky.name < b.decky.name ? -1 : 1;
}
