import { createSystemClock } from "./clock.ts";
import type { Shell } from "./command.ts";
import { styleOf } from "./terminal.ts";

/** For tests: a shell without a terminal, its data in `dir`, that keeps what is printed. */
export function recordingShell(
  dir: string,
): Shell & { readonly out: string[]; readonly err: string[] } {
  const [out, err]: [string[], string[]] = [[], []];
  const style = styleOf(false);
  return {
    terminal: {
      interactive: false,
      noteInteractive: false,
      style,
      noteStyle: style,
      print: (line) => void out.push(line),
      note: (line) => void err.push(line),
      draw: () => {},
    },
    stdin: process.stdin,
    env: { DECNET_DATA: dir, XDG_CONFIG_HOME: dir },
    clock: createSystemClock(),
    version: "1.2.3",
    ending: () => new AbortController().signal,
    out,
    err,
  };
}
