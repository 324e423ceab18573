import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { logIn } from "../api/actions.ts";
import { ApiFailure } from "../api/client.ts";
import { Button } from "../parts/button.tsx";
import { Field, INPUT } from "../parts/field.tsx";
import { fieldText } from "../parts/form.ts";
import { ErrorNote } from "../parts/notes.tsx";
import { ThemeToggle } from "../shell/theme.tsx";

export function Login() {
  const { to } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  const router = useRouter();
  const password = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [wantsCode, setWantsCode] = useState(false);

  useEffect(() => {
    document.title = "Log in · DECNET";
  }, []);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setError(null);
    try {
      const code = wantsCode ? fieldText(form, "code").trim() : undefined;
      await logIn(fieldText(form, "user"), fieldText(form, "password"), code);
      if (isLocal(to)) router.history.push(to);
      else await navigate({ to: "/" });
    } catch (cause) {
      setBusy(false);
      if (cause instanceof ApiFailure && cause.code === "totp-required") {
        setWantsCode(true);
        return;
      }
      setError(cause);
      password.current?.select();
      password.current?.focus();
    }
  };

  return (
    <main className="grid min-h-full place-items-center p-4">
      <div className="flex w-full max-w-[24rem] flex-col gap-6 rounded-lg border border-line bg-surface p-6">
        <div className="flex items-center justify-between">
          <h1 className="inline-flex items-center gap-3 text-xl font-bold">
            <img src="/favicon.svg" alt="" width={32} height={32} />
            DECNET
          </h1>
          <ThemeToggle />
        </div>
        {to !== undefined && to !== "/" && error === null ? (
          <p className="text-ink-soft">Log in to go on where you were.</p>
        ) : null}
        <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
          <Field label="User">
            {(ids) => (
              <input
                {...ids}
                name="user"
                required
                autoFocus
                autoComplete="username"
                autoCapitalize="off"
                spellCheck={false}
                className={INPUT}
              />
            )}
          </Field>
          <Field
            label="Password"
            hint="The first admin's was printed once, where the master first started."
          >
            {(ids) => (
              <input
                {...ids}
                ref={password}
                name="password"
                type="password"
                required
                autoComplete="current-password"
                className={INPUT}
              />
            )}
          </Field>
          {wantsCode ? (
            <Field label="Code" hint="Of your authenticator app; or a recovery code.">
              {(ids) => (
                <input
                  {...ids}
                  name="code"
                  required
                  autoFocus
                  minLength={6}
                  maxLength={20}
                  autoComplete="one-time-code"
                  autoCapitalize="off"
                  spellCheck={false}
                  className={INPUT}
                />
              )}
            </Field>
          ) : null}
          {error === null ? null : <ErrorNote error={error} />}
          <Button type="submit" look="main" busy={busy}>
            {busy ? "Logging in …" : "Log in"}
          </Button>
        </form>
      </div>
    </main>
  );
}

/** Only a path of this very site: never another's address handed in by a link. */
function isLocal(to: string | undefined): to is string {
  return to !== undefined && /^\/(?![/\\])/.test(to);
}
