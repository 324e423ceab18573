import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { CreateApiTokenAnswer } from "../../../src/wire/api/operator.ts";
import { sessionQuery } from "../api/queries.ts";
import { Button } from "../parts/button.tsx";
import { CopyBlock } from "../parts/copy.tsx";
import { Page, Panel } from "../parts/page.tsx";
import { ApiTokenForm } from "./api-tokens/token-form.tsx";
import { ApiTokenList } from "./api-tokens/token-list.tsx";

/** Which programs may act, and for whom? */
export function ApiTokens() {
  const session = useQuery(sessionQuery).data;
  const [made, setMade] = useState<CreateApiTokenAnswer | null>(null);
  if (session === null || session === undefined) return null;
  return (
    <Page title="API tokens">
      {made === null ? (
        <Panel title="Let a program in">
          <ApiTokenForm session={session} onMade={setMade} />
        </Panel>
      ) : (
        <MadeApiToken made={made} onDone={() => setMade(null)} />
      )}
      <ApiTokenList isAdmin={session.role === "admin"} />
    </Page>
  );
}

interface MadeApiTokenProps {
  readonly made: CreateApiTokenAnswer;
  readonly onDone: () => void;
}

/** The one time that the secret is shown, and how a program uses it. */
function MadeApiToken({ made, onDone }: MadeApiTokenProps) {
  const start = useRef<HTMLParagraphElement>(null);
  useEffect(() => start.current?.focus(), []);
  return (
    <Panel title={`The token for ${made.token.purpose}`}>
      <div className="flex flex-col gap-4 p-4">
        <p ref={start} tabIndex={-1}>
          It is shown this once. Keep it in a file that only the program may read:
        </p>
        <CopyBlock text={made.secret} what="API token" />
        <p className="max-w-[68ch] text-ink-soft">
          The program sends it as <code>Authorization: Bearer …</code>. The command line, on any
          machine, takes the file:
        </p>
        <CopyBlock
          text={`decnet status --url ${window.location.origin} --api-token-file FILE`}
          what="command"
        />
        <div>
          <Button onClick={onDone}>Done, hide the token</Button>
        </div>
      </div>
    </Panel>
  );
}
