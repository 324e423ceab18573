import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import {
  ApiHost,
  ApiHostProblem,
  DecommissionRequest,
  ReleaseRequest,
} from "../../../wire/api/host.ts";
import { type App, findHost, hostFilter, listAsOf, type Plane } from "../plane.ts";
import { RequestInvalid } from "../refusal.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["hosts"];
const params = Type.Object({ id: Type.String({ description: "uuid or name" }) });

export function hostRoutes(app: App, plane: Plane): void {
  const { store, audit, decommission } = plane;

  app.get(
    "/hosts",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "Hosts, by name; tombstones only if asked for",
        querystring: Type.Object(
          { decommissioned: Type.Optional(Type.Boolean()) },
          { additionalProperties: false },
        ),
        response: { 200: listOf(ApiHost), ...errors },
      },
    },
    ({ query }) =>
      listAsOf(plane, () => store.listHosts({ decommissioned: query.decommissioned ?? false })),
  );

  app.get(
    "/hosts/:id",
    {
      config: { needs: "fleet.read" },
      schema: { tags, summary: "One host", params, response: { 200: ApiHost, ...errors } },
    },
    ({ params }) => findHost(store, params.id),
  );

  app.post(
    "/hosts/:id/decommission",
    {
      config: { needs: "fleet.write" },
      schema: {
        tags,
        summary: "Leaves a tombstone, for ever, and cuts the host's connections",
        params,
        body: DecommissionRequest,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const host = await findHost(store, request.params.id);
      await audit.act(
        request,
        { action: "host.decommission", target: host.uuid },
        async (write) => {
          requireName(host.name, request.body.confirmName);
          const outcome = await write(() => decommission(host.uuid));
          if (outcome === null) throw new DecnetError("host-not-found", host.uuid);
        },
      );
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/hosts/:id/release",
    {
      config: { needs: "fleet.write" },
      schema: {
        tags,
        summary: "Ends a quarantine: whichever copy beats next goes on",
        params,
        body: ReleaseRequest,
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const host = await findHost(store, request.params.id);
      await audit.act(request, { action: "host.release", target: host.uuid }, async (write) => {
        requireName(host.name, request.body.confirmName);
        const nowMs = plane.clock.nowMs();
        const outcome = await write(() => store.releaseHost(host.uuid, nowMs));
        if (outcome.kind === "refused") throw new DecnetError(outcome.code, host.name);
      });
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/problems",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "What was not taken in of the hosts' reports",
        querystring: Type.Object(
          { host: Type.Optional(Type.String()) },
          { additionalProperties: false },
        ),
        response: { 200: listOf(ApiHostProblem), ...errors },
      },
    },
    async ({ query }) => {
      const hostUuid = await hostFilter(store, query.host);
      return await listAsOf(plane, () => store.listProblems(hostUuid));
    },
  );
}

/** @throws {RequestInvalid} If it is not: nothing is to be done by a slip. */
function requireName(name: string, confirmName: string): void {
  if (confirmName === name) return;
  throw new RequestInvalid([
    { field: "/confirmName", fault: "must be the name of the host, letter by letter" },
  ]);
}
