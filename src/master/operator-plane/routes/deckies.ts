import { Type } from "typebox";
import type { Decky } from "../../../domain/decky.ts";
import { DecnetError } from "../../../domain/errors.ts";
import type { Shard } from "../../../domain/shard.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import { AddDeckyRequest, ApiDecky, ApiShard } from "../../../wire/api/decky.ts";
import type { Write } from "../audit.ts";
import { chooseDecky } from "../decky-choices.ts";
import { type App, findHost, hostFilter, listAsOf, type Plane } from "../plane.ts";
import { RequestInvalid } from "../refusal.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["deckies"];
const querystring = Type.Object(
  { host: Type.Optional(Type.String({ description: "uuid or name" })) },
  { additionalProperties: false },
);
/** Names and addresses that we chose may be taken a moment later; then we choose again. */
const CHOICES = 5;

export function deckyRoutes(app: App, plane: Plane): void {
  const { store, audit } = plane;

  app.get(
    "/deckies",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "Deckies as assigned, by name",
        querystring,
        response: { 200: listOf(ApiDecky), ...errors },
      },
    },
    async ({ query }) => {
      const hostUuid = await hostFilter(store, query.host);
      return await listAsOf(plane, async () => (await store.listDeckies(hostUuid)).map(toApiDecky));
    },
  );

  app.post(
    "/deckies",
    {
      config: { needs: "fleet.write" },
      schema: {
        tags,
        summary: "Assigns a decky to a host; what is left out is chosen",
        body: AddDeckyRequest,
        response: { 201: ApiDecky, ...errors },
      },
    },
    async (request, reply) => {
      const target = request.body.name ?? request.body.host;
      const decky = await audit.act(request, { action: "decky.add", target }, (write) =>
        addDecky(plane, request.body, write),
      );
      return reply.code(201).send(toApiDecky(decky));
    },
  );

  app.delete(
    "/deckies/:name",
    {
      config: { needs: "fleet.write" },
      schema: {
        tags,
        summary: "Takes a decky away from its host",
        params: Type.Object({ name: Type.String() }),
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      await audit.act(request, { action: "decky.remove", target: name }, async (write) => {
        const removed = await write(() => store.removeDecky(name, plane.clock.nowMs()));
        if (!removed) throw new DecnetError("decky-not-found", name);
      });
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/shards",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "Deckies as their hosts last reported them, by name",
        querystring,
        response: { 200: listOf(ApiShard), ...errors },
      },
    },
    async ({ query }) => {
      const hostUuid = await hostFilter(store, query.host);
      return await listAsOf(plane, async () => (await store.listShards(hostUuid)).map(toApiShard));
    },
  );
}

async function addDecky(plane: Plane, request: AddDeckyRequest, write: Write): Promise<Decky> {
  const { store, clock, addressFor } = plane;
  const host = await findHost(store, request.host);
  for (let choice = 1; ; choice += 1) {
    const [deckies, shards] = await Promise.all([store.listDeckies(), store.listShards()]);
    const chosen = chooseDecky(request, {
      hostUuid: host.uuid,
      nowMs: clock.nowMs(),
      namesTaken: new Set([...deckies, ...shards].map(({ name }) => name)),
      addressesTaken: new Set(deckies.map(({ ip }) => ip)),
      addressFor,
    });
    if (chosen.kind === "invalid") throw new RequestInvalid(chosen.fields);
    const outcome = await write(() => store.addDecky(chosen.decky));
    if (outcome.kind === "added") return chosen.decky;
    const wasOurs =
      (outcome.code === "decky-name-taken" && request.name === undefined) ||
      (outcome.code === "decky-address-taken" && request.ip === undefined);
    if (!wasOurs || choice === CHOICES) {
      throw new DecnetError(outcome.code, nameOfRefused(outcome.code, chosen.decky, host.name));
    }
  }
}

function nameOfRefused(code: string, decky: Decky, hostName: string): string {
  if (code === "decky-name-taken") return decky.name;
  return code === "decky-address-taken" ? decky.ip : hostName;
}

function toApiDecky(decky: Decky): ApiDecky {
  return { ...decky, services: [...decky.services] };
}

function toApiShard(shard: Shard): ApiShard {
  return { ...shard, config: shard.config && { ...shard.config } };
}
