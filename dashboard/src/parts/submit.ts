import { type FormEvent, useState } from "react";

/** What a form waits for and was refused with, around what it does. */
export function useSubmit(act: (form: FormData) => Promise<unknown>) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    setError(null);
    act(new FormData(form))
      .then(() => form.reset(), setError)
      .finally(() => setBusy(false));
  };
  return { busy, error, onSubmit };
}
