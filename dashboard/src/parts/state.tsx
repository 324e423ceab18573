import type { ReactNode } from "react";
import { MEANINGS, type ShownState, TONES, type Tone } from "../facts/states.ts";

const COLORS: Readonly<Record<Tone, string>> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  quiet: "text-ink-soft",
};

const ring = { fill: "none", stroke: "currentColor", strokeWidth: 1.75 } as const;
const full = { fill: "currentColor" } as const;
const cut = { stroke: "var(--surface)", strokeWidth: 1.75, strokeLinecap: "round" } as const;

/** Each state has a shape of its own, told apart without color and at 12 pixels. */
const SHAPES: Readonly<Record<ShownState, ReactNode>> = {
  active: <circle cx="8" cy="8" r="6" {...full} />,
  running: <circle cx="8" cy="8" r="6" {...full} />,
  degraded: <path d="M8 1.5 15 14H1z" {...full} />,
  silent: <path d="M13.2 10.4A6 6 0 1 1 7.1 2a4.8 4.8 0 0 0 6.1 8.4z" {...full} />,
  unknown: <circle cx="8" cy="8" r="5.6" {...ring} strokeDasharray="2.6 1.8" />,
  failed: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2" {...full} />
      <path d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4" {...cut} />
    </>
  ),
  quarantined: (
    <>
      <path d="M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5z" {...full} />
      <path d="M5 8h6" {...cut} />
    </>
  ),
  pending: <path d="m8 2.2 5.8 5.8L8 13.8 2.2 8z" {...ring} />,
  enrolled: <path d="m8 2.2 5.8 5.8L8 13.8 2.2 8z" {...ring} />,
  stopping: (
    <>
      <circle cx="8" cy="8" r="5.6" {...ring} />
      <path d="M8 2.4a5.6 5.6 0 0 0 0 11.2z" {...full} />
    </>
  ),
  absent: <path d="M2.5 8h11" {...ring} strokeLinecap="round" />,
  decommissioned: <rect x="2.4" y="2.4" width="11.2" height="11.2" rx="1.5" {...ring} />,
};

interface MarkProps {
  readonly state: ShownState;
  readonly size?: number;
}

/** The shape alone, for where the word stands beside it or in the label. */
export function StateMark({ state, size = 12 }: MarkProps) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      className={`shrink-0 ${COLORS[TONES[state]]}`}
    >
      {SHAPES[state]}
    </svg>
  );
}

interface StateProps extends MarkProps {
  readonly count?: number;
}

/** Shape and word. */
export function State({ state, count }: StateProps) {
  return (
    <span
      className="inline-flex items-center gap-2 align-bottom whitespace-nowrap"
      title={MEANINGS[state]}
      data-state={state}
    >
      <StateMark state={state} />
      <span className={TONES[state] === "quiet" ? "text-ink-soft" : COLORS[TONES[state]]}>
        {count === undefined ? state : `${count.toLocaleString("en-US")} ${state}`}
      </span>
    </span>
  );
}
