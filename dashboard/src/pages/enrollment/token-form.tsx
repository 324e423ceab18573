import { type FormEvent, useState } from "react";
import type { CreateTokenAnswer } from "../../../../src/wire/api/token.ts";
import { createToken } from "../../api/actions.ts";
import { Button } from "../../parts/button.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { ErrorNote } from "../../parts/notes.tsx";

const LIVES = [
  { ms: 15 * 60_000, title: "15 minutes" },
  { ms: 3_600_000, title: "1 hour" },
  { ms: 24 * 3_600_000, title: "1 day" },
  { ms: 7 * 24 * 3_600_000, title: "7 days" },
] as const;

export function TokenForm({ onMade }: { readonly onMade: (made: CreateTokenAnswer) => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const hostName = fieldText(form, "hostName").trim();
    setBusy(true);
    setError(null);
    try {
      onMade(
        await createToken({
          ttlMs: Number(fieldText(form, "ttlMs")),
          ...(hostName === "" ? {} : { hostName }),
        }),
      );
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4 p-4">
      <p className="max-w-[68ch] text-ink-soft">
        A join token lets one machine join, once. You get one command to run there; the machine
        makes its own key and no secret of it ever travels.
      </p>
      <div className="grid max-w-[40rem] items-start gap-4 md:grid-cols-2">
        <Field label="Name of the host" hint="Left empty, the machine's own name is taken.">
          {(ids) => (
            <input
              {...ids}
              name="hostName"
              pattern="[a-zA-Z0-9]([a-zA-Z0-9.\-]{0,61}[a-zA-Z0-9])?"
              title="Letters, digits, dots and dashes, at most 63"
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
              className={INPUT}
            />
          )}
        </Field>
        <Field label="Valid for" hint="As short as will do: whoever has it can join.">
          {(ids) => (
            <select {...ids} name="ttlMs" defaultValue={LIVES[0].ms} className={INPUT}>
              {LIVES.map(({ ms, title }) => (
                <option key={ms} value={ms}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      <div>
        <Button type="submit" look="main" busy={busy}>
          {busy ? "Making …" : "Make a join token"}
        </Button>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}
