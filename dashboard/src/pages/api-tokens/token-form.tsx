import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { ApiOperator, CreateApiTokenAnswer } from "../../../../src/wire/api/operator.ts";
import type { ApiSession } from "../../../../src/wire/api/session.ts";
import { createApiToken } from "../../api/actions.ts";
import { operatorsQuery } from "../../api/records.ts";
import { scopesOf } from "../../facts/roles.ts";
import { Button } from "../../parts/button.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { LifeField } from "../../parts/life-field.tsx";
import { ErrorNote } from "../../parts/notes.tsx";
import { useSubmit } from "../../parts/submit.ts";

const DAY_MS = 86_400_000;
const LIVES = [
  { ms: DAY_MS, title: "1 day" },
  { ms: 7 * DAY_MS, title: "7 days" },
  { ms: 90 * DAY_MS, title: "90 days" },
  { ms: 366 * DAY_MS, title: "366 days" },
] as const;

interface ApiTokenFormProps {
  readonly session: ApiSession;
  readonly onMade: (made: CreateApiTokenAnswer) => void;
}

export function ApiTokenForm({ session, onMade }: ApiTokenFormProps) {
  const [owner, setOwner] = useState({ name: session.user, role: session.role });
  const scopes = scopesOf(owner.role);
  const { busy, error, onSubmit } = useSubmit(async (form) => {
    const scope = scopes.find((choice) => choice.scope === fieldText(form, "scope"))?.scope;
    onMade(
      await createApiToken({
        purpose: fieldText(form, "purpose").trim(),
        scope: scope ?? "read",
        ttlMs: Number(fieldText(form, "ttlMs")),
        ...(owner.name === session.user ? {} : { operator: owner.name }),
      }),
    );
  });

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4 p-4">
      <p className="max-w-[68ch] text-ink-soft">
        An API token lets a program do what its owner may, or less, without a password. Whatever it
        does stands in{" "}
        <Link to="/changes" className="link">
          Changes
        </Link>{" "}
        under its own name.
      </p>
      <div className="grid max-w-[40rem] items-start gap-4 md:grid-cols-2">
        <Field label="What it is for" hint="As you would look for it a year from now.">
          {(ids) => (
            <input
              {...ids}
              name="purpose"
              required
              maxLength={100}
              // Spaces alone would name nothing.
              pattern=".*\S.*"
              title="A word or more"
              autoComplete="off"
              className={INPUT}
            />
          )}
        </Field>
        <LifeField
          lives={LIVES}
          preset={LIVES[2]}
          hint="As short as will do: whoever has it can act."
        />
        <Field label="Scope">
          {(ids) => (
            <select {...ids} name="scope" className={INPUT}>
              {scopes.map(({ scope, may }) => (
                <option key={scope} value={scope}>
                  {may}
                </option>
              ))}
            </select>
          )}
        </Field>
        {session.role === "admin" ? <Owner name={owner.name} onOwner={setOwner} /> : null}
      </div>
      <div>
        <Button type="submit" look="main" busy={busy}>
          {busy ? "Making …" : "Make an API token"}
        </Button>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}

interface OwnerProps {
  readonly name: string;
  readonly onOwner: (owner: Pick<ApiOperator, "name" | "role">) => void;
}

/** For admins: another's token. */
function Owner({ name, onOwner }: OwnerProps) {
  const operators = useQuery(operatorsQuery).data?.items ?? [];
  return (
    <Field label="Acts for">
      {(ids) => (
        <select
          {...ids}
          value={name}
          onChange={({ target }) => {
            const owner = operators.find((operator) => operator.name === target.value);
            if (owner !== undefined) onOwner(owner);
          }}
          className={INPUT}
        >
          {operators.length === 0 ? <option>{name}</option> : null}
          {operators
            .filter(({ disabledMs }) => disabledMs === null)
            .map((operator) => (
              <option key={operator.name} value={operator.name}>
                {operator.name} ({operator.role})
              </option>
            ))}
        </select>
      )}
    </Field>
  );
}
