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
/** Sequences whose count is a loop inside the emulator: two billion of it would hold this page up. */
const REPEATING = [
  ...["b", "I", "L", "M", "S", "T", "Z"].map((final) => ({ final })),
  { intermediates: " ", final: "@" },
  { intermediates: " ", final: "A" },
  { intermediates: "'", final: "}" },
  { intermediates: "'", final: "~" },
] as const;
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
  const screen: Screen = { terminal, timeline, shown: 0, cursor: true };
  const { parser } = terminal;
  for (const id of REPEATING) {
    parser.registerCsiHandler(id, ([count]) => Number(count) > MOST_REPEATS);
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

/** Writes what lies between, in as few pieces as changes of size allow. */
async function advance(screen: Screen, count: number): Promise<void> {
  const { terminal, timeline } = screen;
  let text = "";
  const write = () =>
    new Promise<void>((resolve) => terminal.write(text.replace(PILE, "$1"), resolve));
  for (const frame of timeline.frames.slice(screen.shown, count)) {
    if (frame.kind === "output") {
      text += frame.text;
      continue;
    }
    await write();
    text = "";
    terminal.resize(frame.columns, frame.rows);
  }
  if (text !== "") await write();
  screen.shown = count;
}
