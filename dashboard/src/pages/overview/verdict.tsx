import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { statusQuery } from "../../api/queries.ts";
import { useNowMs } from "../../clock.ts";
import type { Concern } from "../../facts/attention.ts";
import { visitorsOf } from "../../facts/pulse.ts";
import { useStreamPhase } from "../../live/live.ts";
import type { EventList } from "../../live/reduce.ts";

interface VerdictProps {
  readonly concerns: readonly Concern[];
  readonly events: EventList | undefined;
}

/** Is anything wrong, is anybody here? A sentence each, for whoever looks for ten seconds. */
export function Verdict({ concerns, events }: VerdictProps) {
  const phase = useStreamPhase();
  const minuteMs = Math.floor(useNowMs() / 60_000) * 60_000;
  if (phase.kind === "lost") {
    return <p className="text-lg">Whether all is well is not known: the page is not live.</p>;
  }
  const visitors = visitorsOf(events?.items ?? [], minuteMs - 60 * 60_000);
  return (
    <div className="flex flex-col gap-1 text-lg">
      {visitors.sources.length === 0 ? null : <Visitors visitors={visitors} />}
      {concerns.length === 0 ? (
        <Well anybody={visitors.sources.length > 0} />
      ) : (
        <Trouble concerns={concerns} />
      )}
    </div>
  );
}

/** Nobody has business on a decky: who is here is worth more words than how many. */
function Visitors({ visitors }: { readonly visitors: ReturnType<typeof visitorsOf> }) {
  const [first = "", ...others] = visitors.sources;
  const where =
    visitors.deckies.length === 1 ? visitors.deckies[0] : `${visitors.deckies.length} deckies`;
  return (
    <p>
      <strong className="text-bad">Somebody is here:</strong>{" "}
      <Link to="/activity" search={{ q: first }} className="link font-mono text-base">
        {first}
      </Link>
      {others.length === 0
        ? ""
        : ` and ${others.length} ${others.length === 1 ? "other address" : "other addresses"}`}{" "}
      touched {where} in the last hour.
    </p>
  );
}

function Well({ anybody }: { readonly anybody: boolean }) {
  const interval = useQuery(statusQuery).data?.heartbeatIntervalMs;
  return (
    <p>
      {anybody ? "The fleet itself is well. " : <strong className="text-good">All is well.</strong>}{" "}
      {interval === undefined
        ? "Every host beats on time."
        : `Every host beats on time; one that misses two beats of ${interval / 1000} s would show here.`}
    </p>
  );
}

function Trouble({ concerns }: { readonly concerns: readonly Concern[] }) {
  const bad = concerns.filter(({ tone }) => tone === "bad").length;
  const warn = concerns.length - bad;
  return (
    <p>
      {bad > 0 ? (
        <strong className="text-bad">
          {bad === 1 ? "One thing needs" : `${bad} things need`} a person
        </strong>
      ) : (
        <strong>Nothing is down</strong>
      )}
      {warn > 0
        ? `${bad > 0 ? ", and" : ", but"} ${warn} ${warn === 1 ? "is" : "are"} worth a look.`
        : "."}
    </p>
  );
}
