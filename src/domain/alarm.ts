/** What an operator is to be told of, however quietly it was refused. */
export const ALARM_KINDS = [
  /** A certificate that its host gave up for a newer one: somebody kept a copy of its key. */
  "retired-certificate",
  /** A certificate of a host that was taken out of service for ever. */
  "decommissioned-certificate",
  /** A certificate past two thirds of its life that its host has not renewed. */
  "renewal-overdue",
  /** Two live copies of one identity: the host was quarantined. */
  "clone",
  /** A host came back in an older state, or lost what its agent should know: once is no proof. */
  "restored",
  /** An agent lost events of its deckies, since its spool was full or its disk failed. */
  "events-dropped",
] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** What was seen, once. `kind`, `hostUuid` and `detail` together say what counts as the same again. */
export interface Sighting {
  readonly kind: AlarmKind;
  readonly hostUuid: string;
  /** Fingerprint of the certificate, or what else it is of. Never anything that whoever is refused may choose. */
  readonly detail: string;
  /** Where it was seen from; null for what was seen from nowhere. */
  readonly address: string | null;
}

/** One row however often it is seen, so that nobody can flood it. */
export interface Alarm extends Sighting {
  readonly id: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** How often it was seen; of events that were dropped, how many. */
  readonly count: number;
  /** Null while it waits for somebody to look at it. */
  readonly acknowledgedMs: number | null;
}
