import { type CSSProperties, type KeyboardEvent, memo, useLayoutEffect, useRef } from "react";
import type { Picture, Run } from "./picture.ts";

interface ScreenProps {
  readonly picture: Picture;
  readonly onKeyDown: (press: KeyboardEvent) => void;
}

/** A terminal's screen as text, as large as there is room for. */
export function Screen({ picture, onKeyDown }: ScreenProps) {
  const { columns, rows, cursorRow } = picture;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (box.current !== null) keepInSight(box.current, cursorRow);
  }, [cursorRow, rows.length]);
  return (
    <div className="screen" style={variables({ "--columns": columns, "--rows": rows.length })}>
      <div
        ref={box}
        role="group"
        aria-label="Screen of the terminal; Space plays, arrows skip five seconds"
        tabIndex={0}
        onKeyDown={onKeyDown}
        className="screen-rows"
      >
        {rows.map((runs, y) => (
          <Row key={y} runs={runs} />
        ))}
      </div>
    </div>
  );
}

/** Where a screen is higher than its room, what happens is where the cursor is. Scrolls nothing else. */
function keepInSight(box: HTMLElement, place: number): void {
  const row = box.children[place];
  if (!(row instanceof HTMLElement)) return;
  const bottom = row.offsetTop + row.offsetHeight;
  if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  else if (row.offsetTop < box.scrollTop) box.scrollTop = row.offsetTop;
}

const Row = memo(function Row({ runs }: { readonly runs: readonly Run[] }) {
  return (
    <div className="screen-row">
      {runs.map((run, place) => (
        <span key={place} style={styleOf(run)}>
          {run.text}
        </span>
      ))}
    </div>
  );
});

/** Set one by one through the object model, which the server's policy allows: no `style` attribute is parsed. */
function styleOf({ ink, ground, bold, dim, italic, line, cells }: Run): CSSProperties {
  return {
    width: `${cells}ch`,
    ...(ink !== null && { color: ink }),
    ...(ground !== null && { backgroundColor: ground }),
    ...(bold && { fontWeight: 600 }),
    ...(dim && { opacity: 0.7 }),
    ...(italic && { fontStyle: "italic" }),
    ...(line !== null && { textDecoration: line }),
  };
}

function variables(values: Readonly<Record<`--${string}`, number>>): CSSProperties {
  return values;
}
