const STEPS = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1000, "s"],
] as const;

/** `42 s`, `7 min`, `3 h 5 min`, `12 d`: as exact as somebody needs who reads it in passing. */
export function spanOf(ms: number): string {
  const at = STEPS.findIndex(([stepMs]) => ms >= stepMs);
  const step = STEPS[at];
  if (step === undefined) return "0 s";
  const whole = Math.floor(ms / step[0]);
  const finer = STEPS[at + 1];
  if (finer === undefined || step[1] === "min" || whole >= 10) return `${whole} ${step[1]}`;
  const rest = Math.floor((ms % step[0]) / finer[0]);
  return rest === 0 ? `${whole} ${step[1]}` : `${whole} ${step[1]} ${rest} ${finer[1]}`;
}

/** `12 s ago`, `in 3 min`; `just now` within a second. */
export function agoOf(atMs: number, nowMs: number): string {
  const ms = nowMs - atMs;
  if (Math.abs(ms) < 1000) return "just now";
  return ms > 0 ? `${spanOf(ms)} ago` : `in ${spanOf(-ms)}`;
}

/** `2026-03-01 12:03:04 UTC`. */
export function utcOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `12:03:04`, UTC. */
export function utcTimeOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 19);
}
