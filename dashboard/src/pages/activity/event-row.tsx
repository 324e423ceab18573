import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useId, useMemo } from "react";
import type { ApiEvent } from "../../../../src/wire/api/event.ts";
import { useHosts } from "../../api/queries.ts";
import { capturedFile } from "../../facts/captured-file.ts";
import { readableData } from "../../facts/event-data.ts";
import { oneLine } from "../../facts/event-summary.ts";
import { sizeOf } from "../../facts/sizes.ts";
import { EventLine } from "../../parts/event-line.tsx";
import { Fact, Facts } from "../../parts/page.tsx";
import { Save } from "../../parts/save.tsx";

interface EventRowProps {
  readonly event: ApiEvent;
  readonly open: boolean;
  readonly onToggle: () => void;
}

/** One event; opened, all that is known of it. */
export function EventRow({ event, open, onToggle }: EventRowProps) {
  const id = useId();
  return (
    <>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={onToggle}
        className="flex min-h-[39px] w-full items-start gap-2 px-4 py-[7px] -outline-offset-2 hover:bg-sunken"
      >
        <ChevronRight
          aria-hidden="true"
          size={14}
          className={`mt-[5px] shrink-0 text-ink-soft ${open ? "rotate-90" : ""}`}
        />
        <EventLine event={event} />
      </button>
      {open ? (
        <div id={id} className="border-t border-line bg-sunken">
          <Details event={event} />
        </div>
      ) : null}
    </>
  );
}

function Details({ event }: { readonly event: ApiEvent }) {
  const host = useHosts().find(({ uuid }) => uuid === event.host_uuid);
  return (
    <Facts>
      <Fact name="At">
        {event.at.replace("T", " ").replace("Z", " UTC")}
        <span className="text-ink-soft"> by its host's clock</span>
      </Fact>
      <Fact name="From">
        <Link to="/activity" search={{ src: event.src_ip }} className="link font-mono text-sm">
          {oneLine(event.src_ip)}
        </Link>
        <span className="font-mono text-sm">:{event.src_port}</span>
      </Fact>
      <Fact name="To">
        <Link to="/deckies/$decky" params={{ decky: event.decky }} className="link">
          {oneLine(event.decky)}
        </Link>{" "}
        <span className="font-mono text-sm">
          {oneLine(event.dst_ip)}:{event.dst_port}
        </span>{" "}
        {oneLine(event.service)}
      </Fact>
      <Fact name="Host">
        <Link to="/hosts/$host" params={{ host: event.host_uuid }} className="link">
          {host?.name ?? event.host_uuid}
        </Link>
      </Fact>
      <Fact name="Session">
        <Link to="/activity" search={{ session: event.session }} className="link font-mono text-sm">
          {oneLine(event.session)}
        </Link>
      </Fact>
      {event.kind === "shell.recording" ? (
        <Fact name="Terminal">
          <Link to="/activity" search={{ session: event.session }} className="link">
            Play what was recorded
          </Link>
        </Fact>
      ) : null}
      <Fact name="Data">
        <pre className="max-h-96 overflow-auto font-mono text-sm break-all whitespace-pre-wrap">
          {JSON.stringify(readableData(event), null, 2).split("\n").map(visible).join("\n")}
        </pre>
      </Fact>
      <CapturedFile event={event} />
    </Facts>
  );
}

/** What an attacker left is saved and never shown: it is for a laboratory, not for this browser. */
function CapturedFile({ event }: { readonly event: ApiEvent }) {
  const file = useMemo(() => capturedFile(event), [event]);
  if (file === null || file.kept.length === 0) return null;
  const { name, kept, bytes } = file;
  return (
    <Fact name="File">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Save name={name} content={() => kept} label="Save file" />
        <span className="text-sm text-ink-soft">
          {kept.length < bytes ? `the first ${sizeOf(kept.length)} of ` : "all of its "}
          {sizeOf(bytes)}, unchanged, as {name}: it may be malware
        </span>
      </div>
    </Fact>
  );
}

function visible(line: string): string {
  return oneLine(line, Number.POSITIVE_INFINITY);
}
