import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "./button.tsx";
import { Field, INPUT } from "./field.tsx";
import { ErrorNote } from "./notes.tsx";

interface ConfirmByNameProps {
  /** Verb of the button: `Decommission`. */
  readonly action: string;
  /** To be typed exactly. */
  readonly name: string;
  /** What will happen, and that it is for good. */
  readonly consequence: string;
  readonly onConfirm: () => Promise<unknown>;
}

/** Danger in two steps on one spot: arm it, then type the name. Escape disarms. */
export function ConfirmByName({ action, name, consequence, onConfirm }: ConfirmByNameProps) {
  const [armed, setArmed] = useState(false);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const arm = useRef<HTMLButtonElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const wasArmed = useRef(false);

  useEffect(() => {
    if (armed) {
      input.current?.focus();
      input.current?.form?.scrollIntoView({ block: "nearest" });
    } else if (wasArmed.current) arm.current?.focus();
    wasArmed.current = armed;
  }, [armed]);

  const disarm = () => {
    setArmed(false);
    setTyped("");
    setError(null);
  };

  const confirm = async (submit: FormEvent) => {
    submit.preventDefault();
    if (typed !== name || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className="flex flex-col items-start gap-4 p-4">
      <p className="max-w-[68ch] text-ink-soft">{consequence}</p>
      {armed ? (
        <form
          onSubmit={(submit) => void confirm(submit)}
          onKeyDown={(press) => {
            if (press.key === "Escape") disarm();
          }}
          className="flex w-full max-w-[32rem] scroll-my-6 flex-col gap-2"
        >
          <Field label={`Type ${name} to confirm`}>
            {(ids) => (
              <input
                {...ids}
                ref={input}
                value={typed}
                onChange={(change) => setTyped(change.target.value)}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                className={INPUT}
              />
            )}
          </Field>
          <div className="flex flex-wrap gap-2">
            <Button type="submit" look="dangerNow" busy={busy} disabled={typed !== name}>
              {busy ? "Working …" : `${action} ${name}`}
            </Button>
            <Button onClick={disarm} disabled={busy}>
              Keep it
            </Button>
          </div>
          {error === null ? null : <ErrorNote error={error} />}
        </form>
      ) : (
        <Button ref={arm} look="danger" onClick={() => setArmed(true)}>
          {action} …
        </Button>
      )}
    </div>
  );
}
