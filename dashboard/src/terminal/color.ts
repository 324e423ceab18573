/** Steps of the color cube and of the grays among the 256 colors of xterm. */
const CUBE = [0, 95, 135, 175, 215, 255] as const;

/**
 * A cell's color for CSS.
 * @param value Place among the 256 colors or, of RGB, all three bytes in one number.
 * @returns Null for the screen's own color.
 */
export function color(isDefault: boolean, isRgb: boolean, value: number): string | null {
  if (isDefault) return null;
  if (isRgb) return rgb((value >> 16) & 255, (value >> 8) & 255, value & 255);
  if (value < 16) return `var(--ansi-${value})`;
  if (value >= 232) {
    const gray = 8 + (value - 232) * 10;
    return rgb(gray, gray, gray);
  }
  const place = value - 16;
  return rgb(step(place / 36), step((place / 6) % 6), step(place % 6));
}

function step(place: number): number {
  return CUBE[Math.floor(place)] ?? 0;
}

function rgb(red: number, green: number, blue: number): string {
  return `rgb(${red} ${green} ${blue})`;
}
