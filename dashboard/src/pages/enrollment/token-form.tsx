import type { CreateTokenAnswer } from "../../../../src/wire/api/token.ts";
import { createToken } from "../../api/actions.ts";
import { Button } from "../../parts/button.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { LifeField } from "../../parts/life-field.tsx";
import { ErrorNote } from "../../parts/notes.tsx";
import { useSubmit } from "../../parts/submit.ts";

const LIVES = [
  { ms: 15 * 60_000, title: "15 minutes" },
  { ms: 3_600_000, title: "1 hour" },
  { ms: 24 * 3_600_000, title: "1 day" },
  { ms: 7 * 24 * 3_600_000, title: "7 days" },
] as const;

export function TokenForm({ onMade }: { readonly onMade: (made: CreateTokenAnswer) => void }) {
  const { busy, error, onSubmit } = useSubmit(async (form) => {
    const hostName = fieldText(form, "hostName").trim();
    onMade(
      await createToken({
        ttlMs: Number(fieldText(form, "ttlMs")),
        ...(hostName === "" ? {} : { hostName }),
      }),
    );
  });

  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4 p-4">
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
        <LifeField
          lives={LIVES}
          preset={LIVES[0]}
          hint="As short as will do: whoever has it can join."
        />
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
