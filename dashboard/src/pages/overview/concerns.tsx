import { Link } from "@tanstack/react-router";
import { CircleAlert } from "lucide-react";
import { useState } from "react";
import type { Concern } from "../../facts/attention.ts";
import { Button } from "../../parts/button.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state.tsx";
import { Since } from "../../parts/time.tsx";

const FIRST = 8;

/** Who, since when, and what next; worst first. */
export function Concerns({ concerns }: { readonly concerns: readonly Concern[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? concerns : concerns.slice(0, FIRST);
  return (
    <Panel title="Needs a look" aside={`${concerns.length}`}>
      <ul>
        {shown.map((concern) => (
          <li
            key={concern.id}
            className="grid grid-cols-[1rem_minmax(0,1fr)_auto] gap-x-3 border-b border-line px-4 py-2 last:border-b-0"
          >
            <span className="flex h-6 items-center justify-center">
              {concern.state === null ? (
                <CircleAlert aria-hidden="true" size={14} className="text-warn" />
              ) : (
                <StateMark state={concern.state} />
              )}
            </span>
            <span className="min-w-0 break-words">
              <Subject concern={concern} />{" "}
              <span className={concern.tone === "bad" ? "text-bad" : "text-warn"}>
                {concern.what}
              </span>
            </span>
            <span className="text-ink-soft">
              for <Since atMs={concern.sinceMs} />
            </span>
            <span className="col-start-2 col-end-4 text-sm text-ink-soft">{concern.next}</span>
          </li>
        ))}
      </ul>
      {concerns.length <= FIRST ? null : (
        <div className="border-t border-line p-2">
          <Button onClick={() => setAll(!all)}>
            {all ? `Only the first ${FIRST}` : `All ${concerns.length}`}
          </Button>
        </div>
      )}
    </Panel>
  );
}

function Subject({ concern: { subject } }: { readonly concern: Concern }) {
  return subject.kind === "host" ? (
    <Link to="/hosts/$host" params={{ host: subject.key }} className="link font-bold">
      {subject.name}
    </Link>
  ) : (
    <Link to="/deckies/$decky" params={{ decky: subject.key }} className="link font-bold">
      {subject.name}
    </Link>
  );
}
