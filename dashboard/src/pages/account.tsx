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
      title={session.user}
      tab="Account"
      aside={
        <>
          <span className="text-ink-soft">{session.role}</span>
          <Link to="/api-tokens" className="link ml-auto">
            API tokens
          </Link>
        </>
      }
    >
      <Panel title="Second factor" aside={session.hasTotp ? "on" : "off"}>
        <SecondFactor isActive={session.hasTotp} />
      </Panel>
      <Panel title="Password">
        <PasswordForm />
      </Panel>
      {session.role === "admin" ? <Operators /> : null}
    </Page>
  );
}
