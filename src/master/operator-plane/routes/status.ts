import { ApiError } from "../../../wire/api/common.ts";
import { ApiStatus } from "../../../wire/api/status.ts";
import { countFleet } from "../fleet-count.ts";
import type { App, Plane } from "../plane.ts";

export function statusRoutes(app: App, plane: Plane): void {
  app.get(
    "/status",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags: ["status"],
        summary: "Is anything wrong, is anybody here?",
        response: { 200: ApiStatus, "4xx": ApiError, "5xx": ApiError },
      },
    },
    async () => ({
      version: plane.version,
      nowMs: plane.clock.nowMs(),
      startedMs: plane.startedMs,
      heartbeatIntervalMs: plane.heartbeatIntervalMs,
      agentPlane: plane.agentPlane,
      enrollment: plane.enrollment,
      authorityFingerprint: plane.authorities.newest().fingerprint,
      ...(await countFleet(plane, plane.clock.nowMs())),
    }),
  );
}
