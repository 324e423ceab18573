import type { Terminal } from "./terminal.ts";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const FRAME_MS = 80;
const CLEAR_LINE = "\r\u001b[2K";

/**
 * Runs `work` and tells, on standard error, that it is under way and what became of it. On a terminal
 * the line is redrawn; elsewhere there is one line at the end.
 *
 * @param outcome What to say of the result; the step's own words if left out.
 */
export async function step<T>(
  terminal: Terminal,
  words: string,
  work: () => Promise<T>,
  outcome: (result: T) => string = () => words,
): Promise<T> {
  const { green, red, dim, cyan } = terminal.noteStyle;
  const startedMs = performance.now();
  const seconds = () => `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
  const clear = terminal.noteInteractive ? CLEAR_LINE : "";
  let frame = 0;
  const draw = () => {
    terminal.draw(`${CLEAR_LINE}${cyan(FRAMES[frame] ?? "")} ${words} ${dim(seconds())}`);
    frame = (frame + 1) % FRAMES.length;
  };
  const timer = terminal.noteInteractive ? setInterval(draw, FRAME_MS) : null;
  try {
    const result = await work();
    terminal.note(`${clear}${green("✓")} ${outcome(result)} ${dim(seconds())}`);
    return result;
  } catch (cause) {
    terminal.note(`${clear}${red("✗")} ${words} ${dim(seconds())}`);
    throw cause;
  } finally {
    if (timer !== null) clearInterval(timer);
  }
}
