import { useQuery } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useReducer, useState } from "react";
import { oneLine } from "../facts/event-summary.ts";
import { AT_END, afterStep, type PlaybackStep, SPEEDS, type Speed } from "../facts/playback.ts";
import { framesAt, type Timeline } from "../facts/timeline.ts";
import { utcOf } from "../facts/times.ts";
import { Button } from "../parts/button.tsx";
import { INPUT } from "../parts/field.tsx";
import { ErrorNote, Waiting } from "../parts/notes.tsx";
import type { Picture } from "./picture.ts";
import { createProjector, type Projector } from "./projector.ts";
import { Screen } from "./screen.tsx";

const SKIP_S = 5;
/** More marks than that on the seek bar are one smear. */
const MOST_TICKS = 50;

/** Plays one recording; at its end it shows what comes. */
export function Player({ timeline }: { readonly timeline: Timeline }) {
  const { durationS, startMs, frames, gaps } = timeline;
  const ticks = useId();
  const [{ atS, playing, speed }, step] = usePlayback(durationS);
  const position = atS ?? durationS;
  const count = framesAt(timeline, position);
  const { picture, error } = usePicture(timeline, count);
  const realS = frames[Math.max(0, count - 1)]?.realS ?? 0;
  const again = atS === null && !playing;

  if (error !== null) return <ErrorNote error={error} />;
  if (picture === null) return <Waiting what="the player" />;
  return (
    <>
      <Screen picture={picture} onKeyDown={(press) => stepByKey(press, durationS, step)} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2">
        <Button onClick={() => step({ kind: "toggle" })} className="min-w-24">
          {playing ? <Pause aria-hidden="true" size={14} /> : <Play aria-hidden="true" size={14} />}
          {playing ? "Pause" : again ? "Replay" : "Play"}
        </Button>
        <input
          type="range"
          aria-label="Place in the recording"
          aria-valuetext={`${clock(position)} of ${clock(durationS)}`}
          min={0}
          max={durationS}
          step="any"
          list={ticks}
          value={position}
          onChange={(change) => step({ kind: "seek", toS: Number(change.target.value) })}
          className="h-8 min-w-32 grow basis-40 accent-accent max-md:order-last max-md:h-11 max-md:basis-full"
        />
        <datalist id={ticks}>
          {gaps.slice(0, MOST_TICKS).map(({ atS, text }, place) => (
            <option key={`${place} ${atS}`} value={atS} label={oneLine(text)} />
          ))}
        </datalist>
        <span className="text-sm whitespace-nowrap">
          {clock(position)} <span className="text-ink-soft">/ {clock(durationS)}</span>
        </span>
        <select
          aria-label="Speed"
          value={speed}
          onChange={(change) =>
            step({ kind: "speed", speed: Number(change.target.value) as Speed })
          }
          className={`${INPUT} !w-auto`}
        >
          {SPEEDS.map((each) => (
            <option key={each} value={each}>
              {each}×
            </option>
          ))}
        </select>
        {startMs === null ? null : (
          <span className="text-sm whitespace-nowrap text-ink-soft max-md:hidden">
            {utcOf(startMs + realS * 1000)}
          </span>
        )}
      </div>
    </>
  );
}

function usePlayback(durationS: number) {
  const [playback, step] = useReducer(
    (before: typeof AT_END, next: PlaybackStep) => afterStep(before, next, durationS),
    AT_END,
  );
  const { playing } = playback;
  useEffect(() => {
    if (!playing) return undefined;
    let lastMs = performance.now();
    let asked = requestAnimationFrame(function pass(nowMs) {
      step({ kind: "pass", seconds: Math.max(0, nowMs - lastMs) / 1000 });
      lastMs = nowMs;
      asked = requestAnimationFrame(pass);
    });
    return () => cancelAnimationFrame(asked);
  }, [playing]);
  return [playback, step] as const;
}

/** What the terminal showed after so many frames; the last picture stays until the next is drawn. */
function usePicture(timeline: Timeline, count: number) {
  // Large, and of use on this page only.
  const { data: Emulator, error } = useQuery({
    queryKey: ["terminal-emulator"],
    queryFn: async () => ({ Terminal: (await import("@xterm/headless")).Terminal }),
  });
  const [picture, setPicture] = useState<Picture | null>(null);
  const [projector, setProjector] = useState<Projector | null>(null);
  useEffect(() => {
    if (Emulator === undefined) return undefined;
    const opened = createProjector(Emulator.Terminal, setPicture);
    setProjector(opened);
    return () => opened.close();
  }, [Emulator]);
  useEffect(() => projector?.show(timeline, count), [projector, timeline, count]);
  return { picture, error };
}

function stepByKey(
  press: KeyboardEvent,
  durationS: number,
  step: (next: PlaybackStep) => void,
): void {
  const next = KEYS[press.key]?.(durationS);
  if (next === undefined || press.ctrlKey || press.metaKey || press.altKey) return;
  press.preventDefault();
  step(next);
}

const KEYS: Partial<Record<string, (durationS: number) => PlaybackStep>> = {
  " ": () => ({ kind: "toggle" }),
  ArrowLeft: () => ({ kind: "skip", byS: -SKIP_S }),
  ArrowRight: () => ({ kind: "skip", byS: SKIP_S }),
  Home: () => ({ kind: "seek", toS: 0 }),
  End: (durationS) => ({ kind: "seek", toS: durationS }),
};

/** `1:05`; with hours if there are any. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const padded = String(rest).padStart(2, "0");
  return hours === 0
    ? `${minutes}:${padded}`
    : `${hours}:${String(minutes).padStart(2, "0")}:${padded}`;
}
