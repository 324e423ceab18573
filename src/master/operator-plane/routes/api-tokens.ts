import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import { mayGrant } from "../../../domain/role.ts";
import type { ApiToken } from "../../../store/store.ts";
import { ApiError, listOf } from "../../../wire/api/common.ts";
import {
  ApiAccessToken,
  CreateApiTokenAnswer,
  CreateApiTokenRequest,
} from "../../../wire/api/operator.ts";
import { API_TOKEN_PREFIX, type Caller, hashSecret, may } from "../caller.ts";
import { type App, listAsOf, type Plane } from "../plane.ts";
import { RequestInvalid } from "../refusal.ts";

const DEFAULT_TTL_MS = 90 * 86_400_000;

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["api-tokens"];
const config = { needs: "self" } as const;

export function apiTokenRoutes(app: App, plane: Plane): void {
  const { store, clock, audit, random, streams } = plane;

  app.get(
    "/api-tokens",
    {
      config,
      schema: {
        tags,
        summary: "One's own API tokens, newest first; everybody's for who manages operators",
        response: { 200: listOf(ApiAccessToken), ...errors },
      },
    },
    ({ caller }) =>
      listAsOf(plane, () =>
        store.listApiTokens(may(caller, "operators.read") ? undefined : (ownerOf(caller) ?? "")),
      ),
  );

  app.post(
    "/api-tokens",
    {
      config,
      schema: {
        tags,
        summary: "Makes an API token; its secret is in this answer and nowhere else",
        body: CreateApiTokenRequest,
        response: { 201: CreateApiTokenAnswer, ...errors },
      },
    },
    async (request, reply) => {
      const { purpose, scope, ttlMs = DEFAULT_TTL_MS } = request.body;
      const owner = request.body.operator ?? ownerOf(request.caller);
      if (owner === null) {
        throw new RequestInvalid([{ field: "/operator", fault: "is required: whose is it?" }]);
      }
      const id = random(6).toString("hex");
      const secret = `${API_TOKEN_PREFIX}${random(32).toString("base64url")}`;
      const what = { action: "api-token.create", target: `${owner}/${id} to ${scope}` };
      const token = await audit.act(request, what, async (write) => {
        if (owner !== ownerOf(request.caller) && !may(request.caller, "operators.write")) {
          throw new DecnetError("permission-denied", "operators.write");
        }
        const operator = await store.getOperator(owner);
        if (operator === null) throw new DecnetError("operator-not-found", owner);
        if (!mayGrant(operator.role, scope)) {
          const fault = `is more than the role ${operator.role} of ${owner} may`;
          throw new RequestInvalid([{ field: "/scope", fault }]);
        }
        const createdMs = clock.nowMs();
        const token: ApiToken = {
          id,
          operator: owner,
          purpose,
          scope,
          createdMs,
          expiresMs: createdMs + ttlMs,
          lastUsedMs: null,
          revokedMs: null,
        };
        await write(() => store.createApiToken(token, hashSecret(secret)));
        return token;
      });
      return reply.code(201).send({ token, secret });
    },
  );

  app.delete(
    "/api-tokens/:id",
    {
      config,
      schema: {
        tags,
        summary: "Revokes an API token; again if it was revoked before",
        params: Type.Object({ id: Type.String() }),
        response: { 204: Type.Null(), ...errors },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await audit.act(request, { action: "api-token.revoke", target: id }, async (write) => {
        const token = (await store.listApiTokens()).find((token) => token.id === id);
        const isOurs =
          token?.operator === ownerOf(request.caller) || may(request.caller, "operators.write");
        // Another's is unknown to who may not manage it.
        if (token === undefined || !isOurs) throw new DecnetError("api-token-not-found", id);
        await write(() => store.revokeApiToken(id, clock.nowMs()));
      });
      await streams.recheck();
      return reply.code(204).send(null);
    },
  );
}

/** Null for the local command line, which is nobody's account. */
function ownerOf(caller: Caller): string | null {
  return caller.kind === "operator" ? caller.session.operator : null;
}
