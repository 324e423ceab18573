import { Type } from "typebox";
import { ApiAuditEntry, ApiAuditVerdict, AuditQuery } from "../../../wire/api/audit.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import { type App, listAsOf, type Plane } from "../plane.ts";
import { TryLater } from "../refusal.ts";

const DEFAULT_LIMIT = 100;
const VERIFY_RETRY_MS = 2_000;

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["audit"];
const config = { needs: "audit.read" } as const;

export function auditRoutes(app: App, plane: Plane): void {
  const { store } = plane;
  /** One at a time: each reads the whole log. */
  let isVerifying = false;

  app.get(
    "/audit",
    {
      config,
      schema: {
        tags,
        summary: "Who did what, newest first",
        querystring: AuditQuery,
        response: { 200: listOf(ApiAuditEntry), ...errors },
      },
    },
    ({ query: { limit = DEFAULT_LIMIT, before, actor, action, target, outcome, q } }) =>
      listAsOf(plane, () =>
        store.listAudit({
          limit,
          ...(before !== undefined && { beforeId: before }),
          ...(actor !== undefined && { actor }),
          ...(action !== undefined && { action }),
          ...(target !== undefined && { target }),
          ...(outcome !== undefined && { outcome }),
          ...(q !== undefined && { words: q.split(/\s+/) }),
        }),
      ),
  );

  app.get(
    "/audit/verify",
    {
      config,
      schema: {
        tags,
        summary: "Whether the whole log is as it was written; reads all of it",
        querystring: Type.Object(
          {
            head: Type.Optional(
              Type.String({
                pattern: "^[0-9]{1,15}:[0-9a-f]{64}$",
                description: "ID:HASH of a row that was noted elsewhere, and must still be there",
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: ApiAuditVerdict, ...errors },
      },
    },
    async ({ query: { head } }) => {
      if (isVerifying) throw new TryLater("overloaded", VERIFY_RETRY_MS);
      const [id = "", hash = ""] = head?.split(":") ?? [];
      isVerifying = true;
      try {
        return await store.verifyAudit(head === undefined ? null : { id: Number(id), hash });
      } finally {
        isVerifying = false;
      }
    },
  );
}
