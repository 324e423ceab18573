import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import { ApiToken, CreateTokenAnswer, CreateTokenRequest } from "../../../wire/api/token.ts";
import { actorOf } from "../audit.ts";
import { type App, listAsOf, type Plane } from "../plane.ts";

const DEFAULT_TTL_MS = 15 * 60 * 1_000;

/** By standard input: everybody on a machine can read arguments. `echo` is the shell's own. */
const enrollCommand = (secret: string) => `echo '${secret}' | decnet agent enroll`;

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["tokens"];

export function tokenRoutes(app: App, plane: Plane): void {
  const { store, clock, audit, mintToken } = plane;

  app.get(
    "/tokens",
    {
      config: { needs: "fleet.read" },
      schema: {
        tags,
        summary: "Join tokens, without their secrets",
        response: { 200: listOf(ApiToken), ...errors },
      },
    },
    () => listAsOf(plane, () => store.listTokens()),
  );

  app.post(
    "/tokens",
    {
      config: { needs: "enrollment.write" },
      schema: {
        tags,
        summary: "Makes a join token; its secret is in this answer and nowhere else",
        body: CreateTokenRequest,
        response: { 201: CreateTokenAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { ttlMs = DEFAULT_TTL_MS, hostName = null } = request.body;
      const createdBy = actorOf(request.caller);
      const { token, secret } = await audit.act(
        request,
        { action: "token.create", target: hostName },
        (write) => write(() => mintToken({ ttlMs, hostName, createdBy })),
      );
      return reply.code(201).send({ token, secret, command: enrollCommand(secret) });
    },
  );

  app.delete(
    "/tokens/:id",
    {
      config: { needs: "enrollment.write" },
      schema: {
        tags,
        summary: "Revokes a join token that was not used; again if it was revoked before",
        params: Type.Object({ id: Type.String() }),
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await audit.act(request, { action: "token.revoke", target: id }, async (write) => {
        if (await write(() => store.revokeToken(id, clock.nowMs()))) return;
        const token = (await store.listTokens()).find((token) => token.id === id);
        if (token === undefined) throw new DecnetError("token-not-found", id);
        if (token.usedMs !== null) throw new DecnetError("token-spent", id);
      });
      return reply.code(204).send(null);
    },
  );
}
