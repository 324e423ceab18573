import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import { ApiAlarm } from "../../../wire/api/alarm.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import { type App, hostFilter, listAsOf, type Plane } from "../plane.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["alarms"];

export function alarmRoutes(app: App, plane: Plane): void {
  const { store, audit, clock } = plane;

  app.get(
    "/alarms",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "Alarms: those that nobody acknowledged first, then the newest",
        querystring: Type.Object(
          { host: Type.Optional(Type.String({ description: "uuid or name" })) },
          { additionalProperties: false },
        ),
        response: { 200: listOf(ApiAlarm), ...errors },
      },
    },
    async ({ query }) => {
      const hostUuid = await hostFilter(store, query.host);
      return await listAsOf(plane, () =>
        store.listAlarms(hostUuid === undefined ? {} : { hostUuid }),
      );
    },
  );

  app.post(
    "/alarms/:id/acknowledge",
    {
      config: { needs: "fleet.write" },
      schema: {
        tags,
        summary: "Says that somebody looked at it; again changes nothing",
        params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const what = { action: "alarm.acknowledge", target: String(id) };
      await audit.act(request, what, async (write) => {
        const found = await write(() => store.acknowledgeAlarm(id, clock.nowMs()));
        if (!found) throw new DecnetError("alarm-not-found", String(id));
      });
      return reply.code(204).send(null);
    },
  );
}
