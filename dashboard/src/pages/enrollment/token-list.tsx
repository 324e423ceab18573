import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ApiToken } from "../../../../src/wire/api/token.ts";
import { revokeToken } from "../../api/actions.ts";
import { useHosts } from "../../api/queries.ts";
import { tokensQuery } from "../../api/records.ts";
import { useNowMs } from "../../clock.ts";
import { TOKEN_MARKS, tokenState } from "../../facts/tokens.ts";
import { Empty, ErrorNote, Waiting } from "../../parts/notes.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state.tsx";
import { Ago } from "../../parts/time.tsx";
import { TwoStep } from "../../parts/two-step.tsx";

export function TokenList() {
  const { data, error, refetch } = useQuery(tokensQuery);
  return (
    <Panel title="Join tokens" aside={data === undefined ? undefined : `${data.items.length}`}>
      {data === undefined ? (
        error === null ? (
          <Waiting what="join tokens" />
        ) : (
          <ErrorNote error={error} onRetry={() => void refetch()} />
        )
      ) : data.items.length === 0 ? (
        <Empty title="No token was made yet" />
      ) : (
        <ul>
          {data.items
            .toSorted((a, b) => b.createdMs - a.createdMs)
            .map((token) => (
              <TokenRow key={token.id} token={token} />
            ))}
        </ul>
      )}
    </Panel>
  );
}

function TokenRow({ token }: { readonly token: ApiToken }) {
  const state = tokenState(token, useNowMs());
  const host = useHosts().find(({ uuid }) => uuid === token.usedByHostUuid);
  return (
    <li className="grid min-h-12 grid-cols-[6.5rem_minmax(0,1fr)] items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-b-0 md:grid-cols-[6.5rem_10rem_minmax(0,1fr)_8rem]">
      <span className="inline-flex items-center gap-2">
        <StateMark state={TOKEN_MARKS[state]} />
        {state}
      </span>
      <code className="truncate font-mono text-sm" title={token.id}>
        {token.id}
      </code>
      <span className="min-w-0 text-ink-soft max-md:col-span-2">
        {token.hostName === null ? "for any name" : `for ${token.hostName}`}, made by{" "}
        {token.createdBy.replace(/^operator:/, "")} <Ago atMs={token.createdMs} />
        {state === "used" && token.usedMs !== null ? (
          <>
            , used <Ago atMs={token.usedMs} />
            {host === undefined ? null : (
              <>
                {" "}
                by{" "}
                <Link to="/hosts/$host" params={{ host: host.uuid }} className="link">
                  {host.name}
                </Link>
              </>
            )}
          </>
        ) : state === "valid" ? (
          <>
            , runs out <Ago atMs={token.expiresMs} />
          </>
        ) : null}
      </span>
      {state === "valid" ? (
        <TwoStep
          deed={`Revoke token ${token.id}`}
          first="Revoke …"
          then="Revoke it now"
          className="items-start max-md:col-span-2 md:items-end"
          onConfirm={() => revokeToken(token.id)}
        />
      ) : (
        <span className="max-md:hidden" />
      )}
    </li>
  );
}
