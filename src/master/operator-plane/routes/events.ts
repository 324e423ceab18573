import { ApiError, listOf } from "../../../wire/api/common.ts";
import { ApiEvent, EventQuery } from "../../../wire/api/event.ts";
import { type App, hostFilter, listAsOf, type Plane } from "../plane.ts";

const DEFAULT_LIMIT = 100;

export function eventRoutes(app: App, plane: Plane): void {
  const { store } = plane;
  app.get(
    "/events",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags: ["events"],
        summary: "Events of deckies, newest first",
        querystring: EventQuery,
        response: { 200: listOf(ApiEvent), "4xx": ApiError, "5xx": ApiError },
      },
    },
    async ({ query }) => {
      const { limit, before, host, decky, kind, src, session } = query;
      const hostUuid = await hostFilter(store, host);
      return await listAsOf(plane, () =>
        store.listEvents({
          limit: limit ?? DEFAULT_LIMIT,
          ...(before !== undefined && { beforeSeq: before }),
          ...(hostUuid !== undefined && { hostUuid }),
          ...(decky !== undefined && { decky }),
          ...(kind !== undefined && { kind }),
          ...(src !== undefined && { srcIp: src }),
          ...(session !== undefined && { session }),
        }),
      );
    },
  );
}
