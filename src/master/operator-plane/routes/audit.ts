import { Type } from "typebox";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import { ApiAuditEntry } from "../../../wire/api/status.ts";
import { type App, listAsOf, type Plane } from "../plane.ts";

const DEFAULT_LIMIT = 100;

export function auditRoutes(app: App, plane: Plane): void {
  app.get(
    "/audit",
    {
      schema: {
        tags: ["audit"],
        summary: "Who did what, newest first",
        querystring: Type.Object(
          {
            limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
            before: Type.Optional(
              Type.Integer({ minimum: 1, description: "only rows with a smaller id" }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(ApiAuditEntry), "4xx": ApiError, "5xx": ApiError },
      },
    },
    ({ query: { limit = DEFAULT_LIMIT, before } }) =>
      listAsOf(plane, () =>
        plane.store.listAudit({ limit, ...(before !== undefined && { beforeId: before }) }),
      ),
  );
}
