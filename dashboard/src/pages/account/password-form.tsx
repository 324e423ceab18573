import { useNavigate } from "@tanstack/react-router";
import { changePassword } from "../../api/actions.ts";
import { queryClient, sessionQuery } from "../../api/queries.ts";
import { Button } from "../../parts/button.tsx";
import { Field, INPUT } from "../../parts/field.tsx";
import { fieldText } from "../../parts/form.ts";
import { ErrorNote } from "../../parts/notes.tsx";
import { useSubmit } from "../../parts/submit.ts";

export function PasswordForm() {
  const navigate = useNavigate();
  const { busy, error, onSubmit } = useSubmit(async (form) => {
    await changePassword(fieldText(form, "password"), fieldText(form, "newPassword"));
    queryClient.clear();
    queryClient.setQueryData(sessionQuery.queryKey, null);
    await navigate({ to: "/login", search: { to: "/account" } });
  });
  return (
    <form onSubmit={onSubmit} className="flex max-w-[40rem] flex-col gap-4 p-4">
      <Field label="Password now">
        {(ids) => <PasswordInput ids={ids} name="password" autoComplete="current-password" />}
      </Field>
      <Field label="New password" hint="Twelve characters or more. All your sessions end.">
        {(ids) => (
          <PasswordInput ids={ids} name="newPassword" autoComplete="new-password" minLength={12} />
        )}
      </Field>
      <div>
        <Button type="submit" busy={busy}>
          Change password
        </Button>
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </form>
  );
}

export function PasswordInput({
  ids,
  ...rest
}: {
  readonly ids: { id: string; "aria-describedby": string | undefined };
  readonly name: string;
  readonly autoComplete: string;
  readonly minLength?: number;
}) {
  return <input {...ids} {...rest} type="password" required className={INPUT} />;
}
