import { useQuery } from "@tanstack/react-query";
import { statusQuery } from "../../api/queries.ts";
import { ErrorNote } from "../../parts/notes.tsx";
import { Fact, Facts, Panel } from "../../parts/page.tsx";
import { Since } from "../../parts/time.tsx";

/** The master about itself. */
export function MasterPanel() {
  const { data, error, refetch } = useQuery(statusQuery);
  if (data === undefined) {
    return error === null ? null : <ErrorNote error={error} onRetry={() => void refetch()} />;
  }
  const refusals = Object.entries(data.refusals).toSorted(([, a], [, b]) => b - a);
  return (
    <Panel title="Master">
      <Facts>
        <Fact name="Version">{data.version}</Fact>
        <Fact name="Up for">
          <Since atMs={data.startedMs} />
        </Fact>
        <Fact name="Agents">
          beat every {data.heartbeatIntervalMs / 1000} s to <Address at={data.agentPlane} />, enroll
          at <Address at={data.enrollment} />
        </Fact>
        <Fact name="Authority">
          <code className="font-mono text-sm break-all">{data.authorityFingerprint}</code>
        </Fact>
        {data.rotation === null ? null : (
          <Fact name="Rotation">
            of {data.rotation.hosts} hosts, {data.rotation.learned} trust the new authority and{" "}
            {data.rotation.renewed} have renewed under it
          </Fact>
        )}
        <Fact name="Refused">
          {refusals.length === 0
            ? "nothing yet"
            : refusals
                .map(([code, count]) => `${count.toLocaleString("en-US")} × ${code}`)
                .join(", ")}
        </Fact>
      </Facts>
    </Panel>
  );
}

function Address({ at }: { readonly at: { readonly host: string; readonly port: number } }) {
  return (
    <code className="font-mono text-sm">
      {at.host}:{at.port}
    </code>
  );
}
