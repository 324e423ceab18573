const STEPS = [
  [1_000_000_000, "GB"],
  [1_000_000, "MB"],
  [1000, "kB"],
] as const;

/** `1 byte`, `512 bytes`, `3.4 kB`, `12 MB`: as exact as somebody needs who reads it in passing. */
export function sizeOf(bytes: number): string {
  const step = STEPS.find(([atLeast]) => bytes >= atLeast);
  if (step === undefined) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  const count = bytes / step[0];
  return `${count < 10 ? Number(count.toFixed(1)) : Math.floor(count)} ${step[1]}`;
}
