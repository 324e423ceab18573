import { Link } from "@tanstack/react-router";
import type { ShownState } from "../facts/states.ts";
import { State } from "./state.tsx";

interface CountStripProps {
  readonly to: "/hosts" | "/deckies";
  readonly one: string;
  readonly many: string;
  readonly counts: readonly { readonly state: ShownState; readonly count: number }[];
}

/** How many in each state; each leads to the list of just those. */
export function CountStrip({ to, one, many, counts }: CountStripProps) {
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <Link to={to} className="link min-w-20 font-bold">
        {total.toLocaleString("en-US")} {total === 1 ? one : many}
      </Link>
      {counts.map(({ state, count }) => (
        <Link
          key={state}
          to={to}
          search={{ state }}
          className="inline-flex min-h-6 items-center underline-offset-3 hover:underline"
        >
          <State state={state} count={count} />
        </Link>
      ))}
    </div>
  );
}
