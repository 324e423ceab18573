import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiOperator, OperatorPassword } from "../../../../src/wire/api/operator.ts";
import {
  changeOperator,
  createOperator,
  deleteOperator,
  resetPassword,
} from "../../api/actions.ts";
import { operatorsQuery } from "../../api/records.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmByName } from "../../parts/confirm-by-name.tsx";
import { CopyBlock } from "../../parts/copy.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { ErrorNote, Waiting } from "../../parts/notes.tsx";
import { Panel } from "../../parts/page.tsx";
import { useSubmit } from "../../parts/submit.ts";
import { Ago } from "../../parts/time.tsx";

type Role = ApiOperator["role"];

const ROLES: readonly { readonly role: Role; readonly may: string }[] = [
  { role: "viewer", may: "viewer: sees all" },
  { role: "operator", may: "operator: runs the fleet" },
  { role: "admin", may: "admin: manages operators, too" },
];

const roleOf = (text: string): Role => ROLES.find(({ role }) => role === text)?.role ?? "viewer";

/** Who else may log in; for admins. */
export function Operators() {
  const { data, error, refetch } = useQuery(operatorsQuery);
  const [made, setMade] = useState<OperatorPassword | null>(null);
  return (
    <>
      <Panel title="Let somebody log in">
        {made === null ? (
          <CreateForm onMade={setMade} />
        ) : (
          <div className="flex flex-col gap-4 p-4">
            <p>Password of {made.user}, shown this once:</p>
            <CopyBlock text={made.password} what="password" />
            <div>
              <Button onClick={() => setMade(null)}>I have passed it on</Button>
            </div>
          </div>
        )}
      </Panel>
      <Panel title="Operators" aside={data === undefined ? undefined : `${data.items.length}`}>
        {data === undefined ? (
          error === null ? (
            <Waiting what="operators" />
          ) : (
            <ErrorNote error={error} onRetry={() => void refetch()} />
          )
        ) : (
          <ul>
            {byName(data.items).map((operator) => (
              <OperatorRow key={operator.name} operator={operator} onPassword={setMade} />
            ))}
          </ul>
        )}
      </Panel>
    </>
  );
}

/** One that was just made stands in its place, too. */
function byName(operators: readonly ApiOperator[]): readonly ApiOperator[] {
  return operators.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function CreateForm({ onMade }: { readonly onMade: (made: OperatorPassword) => void }) {
  const { busy, error, onSubmit } = useSubmit(async (form) =>
    onMade(await createOperator(fieldText(form, "name"), roleOf(fieldText(form, "role")))),
  );
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4 p-4">
      <div className="grid max-w-[40rem] items-start gap-4 md:grid-cols-2">
        <Field label="Name">
          {(ids) => (
            <input
              {...ids}
              name="name"
              required
              pattern="[a-z0-9]([a-z0-9._\-]{0,30}[a-z0-9])?"
              title="Small letters, digits, dots and dashes, at most 32"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className={INPUT}
            />
          )}
        </Field>
        <Field label="Role">
          {(ids) => (
            <select {...ids} name="role" className={INPUT}>
              {ROLES.map(({ role, may }) => (
                <option key={role} value={role}>
                  {may}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div>
        <Button type="submit" look="main" busy={busy}>
          Make an operator
        </Button>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}

function OperatorRow({
  operator: { name, role, disabledMs, hasTotp, createdMs },
  onPassword,
}: {
  readonly operator: ApiOperator;
  readonly onPassword: (made: OperatorPassword) => void;
}) {
  const change = useMutation({ mutationFn: (act: () => Promise<unknown>) => act() });
  const busy = change.isPending;
  return (
    <li className="flex flex-col gap-2 border-b border-line px-4 py-2 last:border-b-0">
      <div className="flex flex-wrap items-center gap-2">
        <strong className="min-w-32">{name}</strong>
        <select
          aria-label={`Role of ${name}`}
          value={role}
          disabled={busy}
          onChange={({ target }) => {
            // Read now: the control shows the old role again until the master has taken the new one.
            const role = roleOf(target.value);
            change.mutate(() => changeOperator(name, { role }));
          }}
          className={`${INPUT} !w-auto`}
        >
          {ROLES.map((choice) => (
            <option key={choice.role} value={choice.role}>
              {choice.role}
            </option>
          ))}
        </select>
        <span className="grow text-sm text-ink-soft">
          made <Ago atMs={createdMs} />, {hasTotp ? "with a second factor" : "no second factor"}
          {disabledMs === null ? null : (
            <>
              , disabled <Ago atMs={disabledMs} />
            </>
          )}
        </span>
        <Button
          busy={busy}
          onClick={() =>
            change.mutate(() => changeOperator(name, { disabled: disabledMs === null }))
          }
        >
          {disabledMs === null ? "Disable" : "Enable"}
        </Button>
        <Button
          busy={busy}
          onClick={() => change.mutate(async () => onPassword(await resetPassword(name)))}
        >
          New password
        </Button>
      </div>
      {change.error === null ? null : <ErrorNote error={change.error} />}
      <details>
        <summary className="link w-fit cursor-pointer text-sm">Delete {name}</summary>
        <ConfirmByName
          action="Delete"
          name={name}
          consequence={`${name} can log in no more; sessions and API tokens end at once. What ${name} did stays in the audit.`}
          onConfirm={() => deleteOperator(name)}
        />
      </details>
    </li>
  );
}
