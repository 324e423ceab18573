import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useHosts } from "../../api/queries.ts";
import { auditQuery } from "../../api/records.ts";
import { actionChoices, actorChoices } from "../../facts/audit-choices.ts";
import type { AuditSearch } from "../../live/audit-list.ts";
import { INPUT } from "../../parts/field.tsx";

interface FiltersProps {
  readonly filter: AuditSearch;
  readonly onFilter: (next: AuditSearch) => void;
}

/** Who, what and with what outcome: of what occurs among the newest rows. */
export function Filters({ filter, onFilter }: FiltersProps) {
  const newest = useQuery(auditQuery()).data?.items;
  const hosts = useHosts();
  const actors = useMemo(
    () => actorChoices(newest ?? [], hosts, filter.actor),
    [newest, hosts, filter.actor],
  );
  const actions = useMemo(
    () => actionChoices(newest ?? [], filter.action),
    [newest, filter.action],
  );
  return (
    <>
      <Choice
        label="Only changes by"
        all="by everybody"
        value={filter.actor}
        choices={actors}
        onValue={(actor) => onFilter({ ...filter, actor })}
      />
      <Choice
        label="Only changes of kind"
        all="every kind"
        value={filter.action}
        choices={actions}
        onValue={(action) => onFilter({ ...filter, action })}
      />
      <Choice
        label="Only changes with outcome"
        all="done or refused"
        value={filter.outcome}
        choices={outcomes(filter.outcome)}
        onValue={(outcome) => onFilter({ ...filter, outcome })}
      />
    </>
  );
}

/** One code alone comes by the address only. */
function outcomes(chosen: string | undefined): readonly Option[] {
  const known = [
    { value: "ok", title: "done" },
    { value: "refused", title: "refused" },
  ];
  if (chosen === undefined || known.some(({ value }) => value === chosen)) return known;
  return [...known, { value: chosen, title: chosen }];
}

interface Option {
  readonly value: string;
  readonly title: string;
}

interface ChoiceProps {
  readonly label: string;
  /** What lets all through. */
  readonly all: string;
  readonly value: string | undefined;
  readonly choices: readonly Option[];
  readonly onValue: (value: string | undefined) => void;
}

function Choice({ label, all, value, choices, onValue }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value ?? ""}
      onChange={({ target }) => onValue(target.value === "" ? undefined : target.value)}
      className={`${INPUT} md:!w-auto md:max-w-48 max-md:!w-36 max-md:grow`}
    >
      <option value="">{all}</option>
      {choices.map(({ value, title }) => (
        <option key={value} value={value}>
          {title}
        </option>
      ))}
    </select>
  );
}
