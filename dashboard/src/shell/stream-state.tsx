import { useNowMs } from "../clock.ts";
import { spanOf, utcTimeOf } from "../facts/times.ts";
import { useStreamPhase } from "../live/live.ts";
import { StateMark } from "../parts/state.tsx";

/** Whether what is shown is true now. */
export function StreamState() {
  const phase = useStreamPhase();
  const { state, word } = {
    connecting: { state: "pending", word: "Connecting" } as const,
    live: { state: "running", word: "Live" } as const,
    lost: { state: "failed", word: "Not live" } as const,
  }[phase.kind];
  return (
    <span className="inline-flex items-center gap-2 text-sm" data-stream={phase.kind}>
      <StateMark state={state} />
      {word}
    </span>
  );
}

/** Says at once that the page no longer follows, since when, and that it tries by itself. */
export function StreamBanner() {
  const phase = useStreamPhase();
  const nowMs = useNowMs();
  return (
    <div role="status">
      {phase.kind === "lost" ? (
        <p className="border-b border-bad bg-bad-soft px-4 py-2 text-base md:px-6">
          <strong className="text-bad">Not live.</strong> Nothing has come from the master since{" "}
          {utcTimeOf(phase.sinceMs)} UTC ({spanOf(Math.max(0, nowMs - phase.sinceMs))} ago); what
          you see is from then. Trying again by itself.
        </p>
      ) : null}
    </div>
  );
}
