import { useNowMs } from "../clock.ts";
import { agoOf, spanOf, utcOf } from "../facts/times.ts";

/** `12 s ago`, ticking by the master's clock; the moment itself, in UTC, on hover. */
export function Ago({ atMs }: { readonly atMs: number }) {
  const nowMs = useNowMs();
  return (
    <time dateTime={new Date(atMs).toISOString()} title={utcOf(atMs)} className="whitespace-nowrap">
      {agoOf(atMs, nowMs)}
    </time>
  );
}

/** How long since: `4 min`, ticking. */
export function Since({ atMs }: { readonly atMs: number }) {
  const nowMs = useNowMs();
  return (
    <time dateTime={new Date(atMs).toISOString()} title={utcOf(atMs)} className="whitespace-nowrap">
      {spanOf(Math.max(0, nowMs - atMs))}
    </time>
  );
}
