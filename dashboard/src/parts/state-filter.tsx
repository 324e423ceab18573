import type { ShownState } from "../facts/states.ts";
import { State } from "./state.tsx";

interface StateFilterProps {
  readonly counts: readonly { readonly state: ShownState; readonly count: number }[];
  readonly chosen: string | undefined;
  readonly onChoose: (state: string | undefined) => void;
}

/** One button a state that occurs; pressed again, it lets all through. */
export function StateFilter({ counts, chosen, onChoose }: StateFilterProps) {
  return (
    <div role="group" aria-label="Only in state" className="flex flex-wrap gap-1">
      {counts.map(({ state, count }) => (
        <button
          key={state}
          type="button"
          aria-pressed={chosen === state}
          onClick={() => onChoose(chosen === state ? undefined : state)}
          className="inline-flex min-h-8 items-center rounded-full border border-line bg-surface px-3 text-sm hover:border-line-strong aria-pressed:border-accent aria-pressed:bg-accent-soft max-md:min-h-11"
        >
          <State state={state} count={count} />
        </button>
      ))}
    </div>
  );
}
