import { useState } from "react";
import type { TotpAnswer } from "../../../../src/wire/api/operator.ts";
import { activateTotp, beginTotp, removeTotp } from "../../api/actions.ts";
import { Button } from "../../parts/button.tsx";
import { CopyBlock } from "../../parts/copy.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { ErrorNote } from "../../parts/notes.tsx";
import { useSubmit } from "../../parts/submit.ts";
import { PasswordInput } from "./password-form.tsx";

/** Off; begun, with the secret shown this once; on, with the recovery codes shown this once. */
export function SecondFactor({ isActive }: { readonly isActive: boolean }) {
  const [begun, setBegun] = useState<TotpAnswer | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (codes !== null) {
    return (
      <div className="flex flex-col gap-4 p-4">
        <p>
          It is on. Each of these codes logs you in once without the app; they are shown this once:
        </p>
        <CopyBlock text={codes.join("\n")} what="recovery codes" />
        <div>
          <Button onClick={() => setCodes(null)}>I have kept them</Button>
        </div>
      </div>
    );
  }
  if (begun !== null && !isActive) {
    const onDone = (recoveryCodes: readonly string[]) => {
      setCodes(recoveryCodes);
      setBegun(null);
    };
    return <Activate begun={begun} onDone={onDone} />;
  }
  return <Begin isActive={isActive} onBegun={setBegun} />;
}

function Begin({
  isActive,
  onBegun,
}: {
  readonly isActive: boolean;
  readonly onBegun: (begun: TotpAnswer) => void;
}) {
  const { busy, error, onSubmit } = useSubmit(async (form) => {
    const password = fieldText(form, "password");
    if (!isActive) return onBegun(await beginTotp(password));
    await removeTotp(password);
  });
  return (
    <form onSubmit={onSubmit} className="flex max-w-[40rem] flex-col gap-4 p-4">
      <p className="text-ink-soft">
        {isActive
          ? "A login takes your password and a code of your authenticator app."
          : "With one, a stolen password alone logs nobody in. You need an authenticator app."}
      </p>
      <Field label="Your password">
        {(ids) => <PasswordInput ids={ids} name="password" autoComplete="current-password" />}
      </Field>
      <div>
        <Button type="submit" look={isActive ? "danger" : "main"} busy={busy}>
          {isActive ? "Remove it" : "Set it up"}
        </Button>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}

function Activate({
  begun,
  onDone,
}: {
  readonly begun: TotpAnswer;
  readonly onDone: (recoveryCodes: readonly string[]) => void;
}) {
  const { busy, error, onSubmit } = useSubmit(async (form) => {
    const { recoveryCodes } = await activateTotp(fieldText(form, "code").trim());
    onDone(recoveryCodes);
  });
  return (
    <form onSubmit={onSubmit} className="flex max-w-[40rem] flex-col gap-4 p-4">
      <p>Give your app this secret, shown this once, or open the address on the phone:</p>
      <CopyBlock text={begun.secret} what="secret" />
      <CopyBlock text={begun.uri} what="address" />
      <Field label="Code" hint="Of the app, now. Until a right one was typed, nothing changes.">
        {(ids) => (
          <input
            {...ids}
            name="code"
            required
            pattern="[0-9]{6}"
            title="Six digits"
            inputMode="numeric"
            autoComplete="one-time-code"
            className={INPUT}
          />
        )}
      </Field>
      <div>
        <Button type="submit" look="main" busy={busy}>
          Turn it on
        </Button>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}
