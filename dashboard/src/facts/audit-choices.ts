import type { ApiAuditEntry } from "../../../src/wire/api/audit.ts";
import { oneLine } from "./event-summary.ts";

/** One way to narrow the audit. */
export interface Choice {
  /** As the master takes it. */
  readonly value: string;
  readonly title: string;
}

type Entries = readonly Pick<ApiAuditEntry, "actor" | "action">[];

/** Whoever acted: an operator with all that the operator's tokens did, a host by its name. */
export function actorChoices(
  entries: Entries,
  hosts: readonly { readonly uuid: string; readonly name: string }[],
  chosen: string | undefined,
): Choice[] {
  const nameOf = new Map(hosts.map(({ uuid, name }) => [`host:${uuid}`, name]));
  const values = entries.map(({ actor }) => /^operator:([^/]+)/.exec(actor)?.[1] ?? actor);
  return choicesOf(values, chosen, (value) => {
    const name = nameOf.get(value);
    return name === undefined ? oneLine(value) : `host ${name}`;
  });
}

/** Each action, and before them the area of several. */
export function actionChoices(entries: Entries, chosen: string | undefined): Choice[] {
  const actions = new Set(entries.map(({ action }) => action));
  const areas = Map.groupBy(actions, (action) => action.split(".")[0] ?? action);
  const several = [...areas].flatMap(([area, of]) => (of.length > 1 ? [area] : []));
  return choicesOf([...several, ...actions], chosen, (value) =>
    several.includes(value) ? `${oneLine(value)}: all` : oneLine(value),
  );
}

function choicesOf(
  values: readonly string[],
  chosen: string | undefined,
  titleOf: (value: string) => string,
): Choice[] {
  const all = new Set(chosen === undefined ? values : [...values, chosen]);
  return [...all].toSorted().map((value) => ({ value, title: titleOf(value) }));
}
