import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ApiAccessToken } from "../../../../src/wire/api/operator.ts";
import { revokeApiToken } from "../../api/actions.ts";
import { apiTokensQuery } from "../../api/records.ts";
import { useNowMs } from "../../clock.ts";
import { oneLine } from "../../facts/event-summary.ts";
import { apiTokenState, TOKEN_MARKS } from "../../facts/tokens.ts";
import { Empty, ErrorNote, Waiting } from "../../parts/notes.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state.tsx";
import { Ago } from "../../parts/time.tsx";
import { TwoStep } from "../../parts/two-step.tsx";

/** One's own; an admin sees everybody's. */
export function ApiTokenList({ isAdmin }: { readonly isAdmin: boolean }) {
  const { data, error, refetch } = useQuery(apiTokensQuery);
  const title = isAdmin ? "Everybody's API tokens" : "Your API tokens";
  return (
    <Panel title={title} aside={data === undefined ? undefined : `${data.items.length}`}>
      {data === undefined ? (
        error === null ? (
          <Waiting what="API tokens" />
        ) : (
          <ErrorNote error={error} onRetry={() => void refetch()} />
        )
      ) : data.items.length === 0 ? (
        <Empty title="No program has a token yet">
          <p>
            Make one for whatever reads metrics, follows events, or manages deckies by itself: it
            can be revoked alone, and nobody's password is written into a script.
          </p>
        </Empty>
      ) : (
        <ul>
          {data.items
            .toSorted((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? -1 : 1))
            .map((token) => (
              <TokenRow key={token.id} token={token} isAdmin={isAdmin} />
            ))}
        </ul>
      )}
    </Panel>
  );
}

interface TokenRowProps {
  readonly token: ApiAccessToken;
  readonly isAdmin: boolean;
}

function TokenRow({ token, isAdmin }: TokenRowProps) {
  const state = apiTokenState(token, useNowMs());
  const { id, operator, purpose, scope } = token;
  return (
    <li className="grid min-h-12 grid-cols-[6.5rem_minmax(0,1fr)] items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-b-0 md:grid-cols-[6.5rem_minmax(0,1fr)_minmax(0,1.5fr)_8rem]">
      <span className="inline-flex items-center gap-2" data-token-state={state}>
        <StateMark state={TOKEN_MARKS[state]} />
        {state}
      </span>
      <span className="min-w-0">
        <strong className="block break-words">{oneLine(purpose)}</strong>
        <span className="block text-sm break-words text-ink-soft">
          {isAdmin ? `for ${operator}, ` : ""}scope {scope} ·{" "}
          <Link
            to="/changes"
            search={{ q: `operator:${operator}/${id}` }}
            className="link font-mono"
            title="What it changed"
          >
            {id}
          </Link>
        </span>
      </span>
      <span className="min-w-0 text-ink-soft max-md:col-span-2">
        made <Ago atMs={token.createdMs} />,{" "}
        {token.lastUsedMs === null ? (
          "never used"
        ) : (
          <>
            last used <Ago atMs={token.lastUsedMs} />
          </>
        )}
        , <End token={token} state={state} />
      </span>
      {state === "valid" ? (
        <TwoStep
          deed={`Revoke API token ${purpose}`}
          first="Revoke …"
          then="Revoke it now"
          className="items-start max-md:col-span-2 md:items-end"
          onConfirm={() => revokeApiToken(id)}
        />
      ) : (
        <span className="max-md:hidden" />
      )}
    </li>
  );
}

interface EndProps {
  readonly token: ApiAccessToken;
  readonly state: ReturnType<typeof apiTokenState>;
}

function End({ token, state }: EndProps) {
  if (token.revokedMs !== null) {
    return (
      <>
        revoked <Ago atMs={token.revokedMs} />
      </>
    );
  }
  return (
    <>
      {state === "valid" ? "runs out" : "ran out"} <Ago atMs={token.expiresMs} />
    </>
  );
}
