import type { Terminal } from "@xterm/headless";
import type { Timeline } from "../facts/timeline.ts";
import { type Picture, pictureOf } from "./picture.ts";

/** Draws a recording at any of its moments. */
export interface Projector {
  /** Asks for a picture after the first `count` frames; of pictures asked for meanwhile, only the last one comes. */
  show(timeline: Timeline, count: number): void;
  close(): void;
}

/** Longest way that one sequence scrolls, repeats or inserts: more rows or columns there are not. */
const MOST_REPEATS = 300;
/** And all of them together: a second's work, and more than any program scrolls that is to be looked at. */
const MOST_REPEATS_IN_ALL = 200_000;
/** Sequences whose count is a loop inside the emulator: two billion of it would hold this page up. */
const REPEATING = [
  ...["b", "I", "L", "M", "S", "T", "Z"].map((final) => ({ final })),
  { intermediates: " ", final: "@" },
  { intermediates: " ", final: "A" },
  { intermediates: "'", final: "}" },
  { intermediates: "'", final: "~" },
] as const;
/** A real recording is written in a tenth of a second; of one that was made to be slow, the rest is left out. */
const MOST_WORK_MS = 5000;
const WRITE_CHARS = 32 * 1024;
/** Marks that pile up on one cell without end. */
const PILE = /((?:\p{M}|\p{Cf}){4})(?:\p{M}|\p{Cf})+/gu;

/**
 * Plays into a terminal emulator that has no screen, no clipboard, no title and no keyboard: what it
 * would answer to the recorded program, nobody hears.
 *
 * @param Emulator Its class, which is loaded only when there is something to play.
 */
export function createProjector(
  Emulator: typeof Terminal,
  onPicture: (picture: Picture) => void,
): Projector {
  let wanted: { readonly timeline: Timeline; readonly count: number } | null = null;
  let screen: Screen | null = null;
  let busy = false;
  let closed = false;

  async function work(): Promise<void> {
    busy = true;
    while (wanted !== null) {
      const { timeline, count } = wanted;
      wanted = null;
      if (screen === null || screen.timeline !== timeline || screen.shown > count) {
        screen?.terminal.dispose();
        screen = openScreen(Emulator, timeline);
      }
      await advance(screen, count);
      if (!closed) onPicture(pictureOf(screen.terminal, screen.cursor));
    }
    busy = false;
    if (closed) screen?.terminal.dispose();
  }

  return {
    show(timeline, count) {
      if (closed) return;
      wanted = { timeline, count };
      if (!busy) void work();
    },
    close() {
      closed = true;
      wanted = null;
      if (!busy) screen?.terminal.dispose();
    },
  };
}

interface Screen {
  readonly terminal: Terminal;
  readonly timeline: Timeline;
  /** Frames so far. */
  shown: number;
  /** What the counts of repeating sequences come to. */
  repeats: number;
  /** Whether the cursor is to be seen (DECTCEM). */
  cursor: boolean;
}

function openScreen(Emulator: typeof Terminal, timeline: Timeline): Screen {
  const { columns, rows } = timeline.size;
  const terminal = new Emulator({
    cols: columns,
    rows,
    scrollback: 0,
    allowProposedApi: true,
    logLevel: "off",
  });
  const screen: Screen = { terminal, timeline, shown: 0, repeats: 0, cursor: true };
  const { parser } = terminal;
  for (const id of REPEATING) {
    parser.registerCsiHandler(id, ([first]) => {
      const count = Number(first);
      screen.repeats += Math.max(1, count);
      return count > MOST_REPEATS || screen.repeats > MOST_REPEATS_IN_ALL;
    });
  }
  for (const [final, cursor] of [
    ["h", true],
    ["l", false],
  ] as const) {
    parser.registerCsiHandler({ prefix: "?", final }, (params) => {
      if (params.includes(25)) screen.cursor = cursor;
      return false;
    });
  }
  return screen;
}

/** Writes what lies between, in as few pieces as changes of size allow, for as long as that is worth it. */
async function advance(screen: Screen, count: number): Promise<void> {
  const { terminal, timeline } = screen;
  const untilMs = performance.now() + MOST_WORK_MS;
  let text = "";
  for (const frame of timeline.frames.slice(screen.shown, count)) {
    if (frame.kind === "output") {
      text += frame.text;
      continue;
    }
    await write(terminal, text, untilMs);
    text = "";
    terminal.resize(frame.columns, frame.rows);
  }
  await write(terminal, text, untilMs);
  screen.shown = count;
}

async function write(terminal: Terminal, text: string, untilMs: number): Promise<void> {
  for (let at = 0; at < text.length && performance.now() < untilMs; at += WRITE_CHARS) {
    const piece = text.slice(at, at + WRITE_CHARS).replace(PILE, "$1");
    await new Promise<void>((resolve) => terminal.write(piece, resolve));
  }
}
