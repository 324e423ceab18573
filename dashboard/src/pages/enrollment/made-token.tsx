import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { CreateTokenAnswer } from "../../../../src/wire/api/token.ts";
import { useHosts } from "../../api/queries.ts";
import { tokensQuery } from "../../api/records.ts";
import { useNowMs } from "../../clock.ts";
import { tokenState } from "../../facts/tokens.ts";
import { Button } from "../../parts/button.tsx";
import { CopyBlock } from "../../parts/copy.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state.tsx";
import { Ago } from "../../parts/time.tsx";

interface MadeTokenProps {
  readonly made: CreateTokenAnswer;
  readonly onDone: () => void;
}

/** The one time that the token is shown, and what becomes of it. */
export function MadeToken({ made, onDone }: MadeTokenProps) {
  const start = useRef<HTMLParagraphElement>(null);
  useEffect(() => start.current?.focus(), []);
  return (
    <Panel title="Run this on the machine that is to join">
      <div className="flex flex-col gap-4 p-4">
        <Outcome made={made} />
        <p ref={start} tabIndex={-1}>
          The command holds the token, is shown this once, and lets one machine join:
        </p>
        <CopyBlock text={made.command} what="command" />
        <details>
          <summary className="link w-fit cursor-pointer">The token alone</summary>
          <p className="my-2 max-w-[68ch] text-ink-soft">
            For a machine whose shell keeps a history: run <code>decnet agent enroll</code> there,
            paste the token and press Enter.
          </p>
          <CopyBlock text={made.secret} what="token" />
        </details>
        <p className="max-w-[68ch] text-ink-soft">
          The machine makes its own key, checks by the token that it talks to this very master, gets
          its certificate, and starts to beat. It shows here as soon as it has joined.
        </p>
        <div>
          <Button onClick={onDone}>Done, hide the token</Button>
        </div>
      </div>
    </Panel>
  );
}

/** Waiting, until the host is here or the token is of no use any more. */
function Outcome({ made }: { readonly made: CreateTokenAnswer }) {
  const nowMs = useNowMs();
  const token =
    useQuery(tokensQuery).data?.items.find(({ id }) => id === made.token.id) ?? made.token;
  const host = useHosts().find(({ uuid }) => uuid === token.usedByHostUuid);
  const state = tokenState(token, nowMs);
  return (
    <div
      role="status"
      className="flex items-center gap-3 rounded-md bg-accent-soft px-4 py-3 text-lg"
    >
      <StateMark
        state={state === "used" ? "running" : state === "valid" ? "pending" : "absent"}
        size={16}
      />
      {state === "used" ? (
        <p>
          <strong>
            {host === undefined ? (
              "A host"
            ) : (
              <Link to="/hosts/$host" params={{ host: host.uuid }} className="link">
                {host.name}
              </Link>
            )}{" "}
            joined
          </strong>{" "}
          {token.usedMs === null ? null : <Ago atMs={token.usedMs} />}.
        </p>
      ) : state === "valid" ? (
        <p>
          <strong>Waiting for the host to join.</strong> The token runs out{" "}
          <Ago atMs={token.expiresMs} />.
        </p>
      ) : (
        <p>
          <strong>The token was {state === "revoked" ? "revoked" : "not used in time"}.</strong>{" "}
          Make another.
        </p>
      )}
    </div>
  );
}
