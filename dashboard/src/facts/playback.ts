/** Where a player stands. */
export interface Playback {
  /** Seconds on the timeline; null is its end, also when that moves on because more comes. */
  readonly atS: number | null;
  readonly playing: boolean;
  readonly speed: Speed;
}

export const SPEEDS = [1, 2, 4] as const;
export type Speed = (typeof SPEEDS)[number];

export type PlaybackStep =
  | { readonly kind: "toggle" }
  | { readonly kind: "seek"; readonly toS: number }
  | { readonly kind: "skip"; readonly byS: number }
  | { readonly kind: "speed"; readonly speed: Speed }
  /** So many seconds went by. */
  | { readonly kind: "pass"; readonly seconds: number };

/** Shows how it ended; nothing moves before somebody asks for it. */
export const AT_END: Playback = { atS: null, playing: false, speed: 1 };

/** Pure: where the player stands after a step, on a timeline of that length. */
export function afterStep(playback: Playback, step: PlaybackStep, durationS: number): Playback {
  const { atS, playing, speed } = playback;
  switch (step.kind) {
    case "toggle":
      if (playing) return { ...playback, playing: false };
      return { ...playback, playing: durationS > 0, atS: atS ?? 0 };
    case "seek":
      return movedTo(playback, step.toS, durationS);
    case "skip":
      return movedTo(playback, (atS ?? durationS) + step.byS, durationS);
    case "speed":
      return { ...playback, speed: step.speed };
    case "pass":
      break;
  }
  return playing
    ? movedTo(playback, (atS ?? durationS) + step.seconds * speed, durationS)
    : playback;
}

function movedTo(playback: Playback, toS: number, durationS: number): Playback {
  return toS >= durationS
    ? { ...playback, atS: null, playing: false }
    : { ...playback, atS: Math.max(0, toS) };
}
