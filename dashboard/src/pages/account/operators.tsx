import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiOperator, OperatorPassword } from "../../../../src/wire/api/operator.ts";
import { createOperator } from "../../api/actions.ts";
import { operatorsQuery } from "../../api/records.ts";
import { ROLES, roleOf } from "../../facts/roles.ts";
import { Button } from "../../parts/button.tsx";
import { CopyBlock } from "../../parts/copy.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { ErrorNote, Waiting } from "../../parts/notes.tsx";
import { Panel } from "../../parts/page.tsx";
import { useSubmit } from "../../parts/submit.ts";
import { OperatorRow } from "./operator-row.tsx";

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
