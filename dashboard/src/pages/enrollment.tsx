import { useState } from "react";
import type { CreateTokenAnswer } from "../../../src/wire/api/token.ts";
import { Page, Panel } from "../parts/page.tsx";
import { MadeToken } from "./enrollment/made-token.tsx";
import { TokenForm } from "./enrollment/token-form.tsx";
import { TokenList } from "./enrollment/token-list.tsx";

/** How does another machine join? */
export function Enrollment() {
  const [made, setMade] = useState<CreateTokenAnswer | null>(null);
  return (
    <Page title="Enrollment">
      {made === null ? (
        <Panel title="Let a host join">
          <TokenForm onMade={setMade} />
        </Panel>
      ) : (
        <MadeToken made={made} onDone={() => setMade(null)} />
      )}
      <TokenList />
    </Page>
  );
}
