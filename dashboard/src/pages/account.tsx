import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { sessionQuery } from "../api/queries.ts";
import { Page, Panel } from "../parts/page.tsx";
import { Operators } from "./account/operators.tsx";
import { PasswordForm } from "./account/password-form.tsx";
import { SecondFactor } from "./account/second-factor.tsx";

/** Who may log in, and by what? */
export function Account() {
  const session = useQuery(sessionQuery).data;
  if (session === null || session === undefined) return null;
  return (
    <Page
      title="Account"
      aside={
        <>
          <span className="text-ink-soft">
            {session.user}, role {session.role}
          </span>
          <Link to="/api-tokens" className="link ml-auto">
            API tokens
          </Link>
        </>
      }
    >
      <div className="grid gap-4 xl:grid-cols-2">
        <Panel title="Password">
          <PasswordForm />
        </Panel>
        <Panel title="Second factor" aside={session.hasTotp ? "on" : "off"}>
          <SecondFactor isActive={session.hasTotp} />
        </Panel>
      </div>
      {session.role === "admin" ? <Operators /> : null}
    </Page>
  );
}
