import { useMutation } from "@tanstack/react-query";
import { ShieldCheck, TriangleAlert } from "lucide-react";
import { verifyAudit } from "../../api/records.ts";
import { Button } from "../../parts/button.tsx";
import { ErrorNote } from "../../parts/notes.tsx";

/** Is the log as it was written? Asked for, since the master then reads all of it. */
export function VerifyAudit() {
  const { data, error, isPending, mutate } = useMutation({ mutationFn: verifyAudit });
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-2">
      <Button busy={isPending} onClick={() => mutate()}>
        {isPending ? "Verifying …" : "Verify the log"}
      </Button>
      <span role="status" className="inline-flex min-w-0 items-center gap-2 text-sm">
        {data === undefined ? null : data.kind === "whole" ? (
          <>
            <ShieldCheck aria-hidden="true" size={16} className="shrink-0 text-good" />
            whole: {data.head.id} rows
          </>
        ) : (
          <>
            <TriangleAlert aria-hidden="true" size={16} className="shrink-0 text-bad" />
            <strong>
              not as it was written: row {data.firstBadId}, {data.fault}
            </strong>
          </>
        )}
      </span>
      {error === null ? null : <ErrorNote error={error} />}
    </div>
  );
}
