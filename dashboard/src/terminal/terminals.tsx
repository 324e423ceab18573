import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { eventsQuery, readOlderEvents } from "../api/queries.ts";
import { type Recording, recordingsOf } from "../facts/recordings.ts";
import { sizeOf } from "../facts/sizes.ts";
import { PAUSE_S, type Timeline, timelineOf } from "../facts/timeline.ts";
import { useOlder } from "../parts/feed.tsx";
import { INPUT } from "../parts/field.tsx";
import { ErrorNote } from "../parts/notes.tsx";
import { Panel } from "../parts/page.tsx";
import { Save } from "../parts/save.tsx";
import { Player } from "./player.tsx";

/** Most pieces that are read of one session: well beyond what a recorder makes in a day. */
const MOST_PARTS = 3000;

/** What was recorded of a session's terminals, live; nothing if it had none. */
export function Terminals({ session }: { readonly session: string }) {
  const filter = useMemo(() => ({ session, kind: "shell.recording" }), [session]);
  const { data, error, refetch } = useQuery(eventsQuery(filter));
  const held = data?.items.length ?? 0;
  const isLonger = data?.more === true;
  const readOlder = useCallback(() => readOlderEvents(filter), [filter]);
  const olderError = useOlder(isLonger && held < MOST_PARTS, readOlder, held);
  const recordings = useMemo(() => recordingsOf(data?.items ?? []), [data]);
  const [chosen, setChosen] = useState(1);
  const recording = recordings.find(({ shell }) => shell === chosen) ?? recordings[0];

  const fault = olderError ?? (data === undefined ? error : null);
  if (fault !== null) return <ErrorNote error={fault} onRetry={() => void refetch()} />;
  if (recording === undefined) return null;
  return (
    <TerminalPanel
      session={session}
      recording={recording}
      shells={recordings.map(({ shell }) => shell)}
      onShell={setChosen}
    />
  );
}

interface TerminalPanelProps {
  readonly session: string;
  readonly recording: Recording;
  readonly shells: readonly number[];
  readonly onShell: (shell: number) => void;
}

function TerminalPanel({ session, recording, shells, onShell }: TerminalPanelProps) {
  const { shell, cast } = recording;
  const timeline = useMemo(() => timelineOf(cast), [cast]);
  return (
    <Panel
      title="Terminal"
      className="shrink-0"
      aside={
        <div className="flex items-center gap-2">
          {shells.length === 1 ? null : (
            <select
              aria-label="Which terminal"
              value={shell}
              onChange={(change) => onShell(Number(change.target.value))}
              className={`${INPUT} !w-auto`}
            >
              {shells.map((each) => (
                <option key={each} value={each}>
                  terminal {each}
                </option>
              ))}
            </select>
          )}
          <Save
            name={`${session.replace(/[^\w-]/g, "_")}-terminal-${shell}.cast`}
            content={() => cast}
            label="Save .cast"
          />
        </div>
      }
    >
      <Player key={shell} timeline={timeline} />
      <p className="border-t border-line px-4 py-2 text-sm text-ink-soft">
        {factsOf(recording, timeline).join(" · ")}
      </p>
    </Panel>
  );
}

function factsOf(recording: Recording, { size, gaps }: Timeline): readonly string[] {
  const { ended, missing, leftOutBytes, isCut, parts } = recording;
  return [
    ended ? "ended" : "no end yet, follows what comes",
    `${size.columns} × ${size.rows}`,
    `${parts} ${parts === 1 ? "part" : "parts"}`,
    `pauses beyond ${PAUSE_S} s are shortened`,
    ...(missing === 0 ? [] : [`${missing} ${missing === 1 ? "part is" : "parts are"} missing`]),
    ...(leftOutBytes === 0 ? [] : [`${sizeOf(leftOutBytes)} left out by the recorder`]),
    ...(gaps.length === 0 ? [] : ["gaps are marked below the bar"]),
    ...(isCut ? ["longer than this page holds"] : []),
  ];
}
