/** How long ago, in one unit: `12 s ago`. Both by the master's clock. */
export function age(thenMs: number | null, nowMs: number): string {
  if (thenMs === null) return "never";
  const seconds = Math.max(0, Math.floor((nowMs - thenMs) / 1000));
  if (seconds < 1) return "now";
  return `${span(seconds, Math.floor)} ago`;
}

/** How far ahead: `in 14 min`, or `ran out` once it is past. */
export function ahead(thenMs: number, nowMs: number): string {
  const seconds = Math.ceil((thenMs - nowMs) / 1000);
  return seconds <= 0 ? "ran out" : `in ${span(seconds, Math.round)}`;
}

function span(seconds: number, whole: (count: number) => number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${whole(seconds / 60)} min`;
  if (seconds < 86_400) return `${whole(seconds / 3600)} h`;
  return `${whole(seconds / 86_400)} d`;
}
