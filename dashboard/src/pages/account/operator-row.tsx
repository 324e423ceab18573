import { useState } from "react";
import type { ApiOperator, OperatorPassword } from "../../../../src/wire/api/operator.ts";
import { changeOperator, deleteOperator, resetPassword } from "../../api/actions.ts";
import { ROLES, type Role, roleOf } from "../../facts/roles.ts";
import { Button } from "../../parts/button.tsx";
import { ConfirmByName } from "../../parts/confirm-by-name.tsx";
import { INPUT } from "../../parts/field.tsx";
import { ErrorNote } from "../../parts/notes.tsx";
import { Ago } from "../../parts/time.tsx";
import { TwoStep } from "../../parts/two-step.tsx";

interface OperatorRowProps {
  readonly operator: ApiOperator;
  readonly onPassword: (made: OperatorPassword) => void;
}

/** One operator, and what an admin may do to it; most of that ends sessions, so it takes two steps. */
export function OperatorRow({ operator, onPassword }: OperatorRowProps) {
  const { name, role, disabledMs, hasTotp, createdMs } = operator;
  return (
    <li className="flex flex-col gap-2 border-b border-line px-4 py-2 last:border-b-0">
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 md:grid-cols-[8rem_auto_minmax(0,1fr)_auto]">
        <strong className="truncate" title={name}>
          {name}
        </strong>
        <RoleOf name={name} role={role} />
        <span className="text-sm text-ink-soft max-md:col-span-2">
          made <Ago atMs={createdMs} />, {hasTotp ? "with a second factor" : "no second factor"}
          {disabledMs === null ? null : (
            <>
              ,{" "}
              <strong className="text-warn">
                disabled <Ago atMs={disabledMs} />
              </strong>
            </>
          )}
        </span>
        <div className="flex flex-wrap justify-end gap-2 max-md:col-span-2 max-md:justify-start">
          {disabledMs === null ? (
            <TwoStep
              deed={`Disable ${name}`}
              first="Disable …"
              then="Disable now"
              onConfirm={() => changeOperator(name, { disabled: true })}
            />
          ) : (
            <Enable name={name} />
          )}
          <TwoStep
            deed={`Give ${name} a new password`}
            first="New password …"
            then="End the old now"
            onConfirm={async () => onPassword(await resetPassword(name))}
          />
        </div>
      </div>
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

/** Chosen first, then made so: an arrow key on the list alone ends nobody's session. */
function RoleOf({ name, role }: { readonly name: string; readonly role: Role }) {
  const [wanted, setWanted] = useState<Role | null>(null);
  const { busy, error, act } = useAct();
  const isOther = wanted !== null && wanted !== role;
  return (
    <span className="flex flex-wrap items-center justify-end gap-2">
      <select
        aria-label={`Role of ${name}`}
        value={wanted ?? role}
        disabled={busy}
        onChange={({ target }) => setWanted(roleOf(target.value))}
        className={`${INPUT} !w-auto`}
      >
        {ROLES.map((choice) => (
          <option key={choice.role} value={choice.role}>
            {choice.role}
          </option>
        ))}
      </select>
      {isOther ? (
        <>
          <Button
            look="dangerNow"
            busy={busy}
            onClick={() =>
              act(() => changeOperator(name, { role: wanted }).finally(() => setWanted(null)))
            }
          >
            Make it {wanted}
          </Button>
          <Button onClick={() => setWanted(null)} disabled={busy}>
            Keep {role}
          </Button>
        </>
      ) : null}
      {error === null ? null : <ErrorNote error={error} />}
    </span>
  );
}

function Enable({ name }: { readonly name: string }) {
  const { busy, error, act } = useAct();
  return (
    <>
      <Button
        busy={busy}
        onClick={() => act(() => changeOperator(name, { disabled: false }))}
        aria-label={`Enable ${name}`}
      >
        Enable
      </Button>
      {error === null ? null : <ErrorNote error={error} />}
    </>
  );
}

function useAct() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const act = (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    work()
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return { busy, error, act };
}
