import type { HeartbeatPlace } from "./heartbeat.ts";

/*
 * Tells one machine from two that share its identity. The master gives a fresh nonce with each
 * heartbeat that it accepts, and the agent echoes the newest that it got. Two copies cannot both
 * have got the same answers, so one of them comes to echo a nonce that the other can never hold.
 * docs/decisions/0013-telling-clones-apart.md has the table of cases and why it is right.
 */

/** What the master remembers of the nonces that it gave to one host. */
export interface Lineage {
  /** Given with the last accepted heartbeat; null before the first, and after a release. */
  readonly current: string | null;
  /** What that heartbeat itself echoed; null if nothing. */
  readonly acknowledged: string | null;
  /**
   * Newest first: given, and then passed over by a heartbeat that had not got them. Who was
   * accepted since does not hold them and never will.
   */
  readonly abandoned: readonly string[];
}

export const NEW_LINEAGE: Lineage = { current: null, acknowledged: null, abandoned: [] };

/** More in a row would take as many lost answers; what falls out is only noticed a beat later. */
export const MOST_ABANDONED = 8;

export interface LineageClaim extends HeartbeatPlace {
  /** The newest nonce that the agent got; null if it has none, or does not know of them. */
  readonly echo: string | null;
  /** Whether the body is that of the last accepted heartbeat. */
  readonly sameBody: boolean;
}

export type LineageVerdict =
  /** Taken in. */
  | {
      readonly kind: /** First of its lineage: newly enrolled, or released. */
        | "begun"
        /** The next beat of the agent that got the last answer, or of one that knows no nonces. */
        | "ordinary"
        /** The last answer never arrived, or the agent stopped before it had kept it. */
        | "answer-lost"
        /** A new boot that remembers no nonce. */
        | "restarted"
        /** An older state of the machine, that goes on alone as far as is known: worth a look. */
        | "restored"
        /** Boot and sequence go on, and yet the echo is missing: worth the same look. */
        | "echo-dropped";
    }
  /** The very same heartbeat once more: it is durable already, and gets no second nonce. */
  | { readonly kind: "repeated" }
  /** Late, or of a copy that does not know how far the identity has come. Proves nothing. */
  | { readonly kind: "stale" }
  /** Two copies of the identity are live. */
  | { readonly kind: "cloned" };

export type TakenIn = Extract<LineageVerdict["kind"], "begun" | "ordinary" | "answer-lost"> | Fork;
type Fork = "restarted" | "restored" | "echo-dropped";

/**
 * How a heartbeat stands to what was accepted of its host before it. Pure.
 *
 * Only one that is newer by boot and sequence can prove a clone: a late packet never is.
 */
export function judgeLineage(
  stored: Lineage & { readonly boot: number; readonly sequence: number },
  claim: LineageClaim,
): LineageVerdict {
  const { echo } = claim;
  const place = judgePlace(stored, claim);
  if (place === "same" && claim.sameBody && echo === stored.acknowledged) {
    return { kind: "repeated" };
  }
  if (place !== "newer") return { kind: "stale" };
  if (stored.current === null) return { kind: "begun" };
  if (echo === stored.current) return { kind: "ordinary" };
  const newBoot = claim.boot !== null && claim.boot > stored.boot;
  if (echo === null) {
    if (newBoot) return { kind: "restarted" };
    return { kind: stored.acknowledged === null ? "ordinary" : "echo-dropped" };
  }
  if (echo === stored.acknowledged) return { kind: "answer-lost" };
  return { kind: isPassedOver(stored, echo) ? "cloned" : "restored" };
}

/** Whether nobody can echo this but a copy that was displaced by another. */
export function isPassedOver(lineage: Lineage, echo: string | null): boolean {
  return echo !== null && lineage.abandoned.includes(echo);
}

/** The lineage after a heartbeat that was taken in, answered with `fresh`. */
export function nextLineage(
  stored: Lineage,
  verdict: TakenIn,
  echo: string | null,
  fresh: string,
): Lineage {
  const { current } = stored;
  const went = verdict === "begun" || verdict === "ordinary" || current === null;
  const abandoned = went ? stored.abandoned : [current, ...stored.abandoned];
  return { current: fresh, acknowledged: echo, abandoned: abandoned.slice(0, MOST_ABANDONED) };
}

/** How a heartbeat stands to the last one accepted of its host. */
function judgePlace(
  last: { readonly boot: number; readonly sequence: number },
  place: HeartbeatPlace,
): "newer" | "same" | "older" {
  if (place.boot === null || place.sequence === null) return "newer";
  if (place.boot !== last.boot) return place.boot > last.boot ? "newer" : "older";
  if (place.sequence === last.sequence) return "same";
  return place.sequence > last.sequence ? "newer" : "older";
}
