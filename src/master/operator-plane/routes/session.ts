import { Type } from "typebox";
import { DecnetError } from "../../../domain/errors.ts";
import type { Session } from "../../../store/store.ts";
import { ApiError } from "../../../wire/api/common.ts";
import { ApiSession, LoginRequest } from "../../../wire/api/session.ts";
import { addressOf } from "../audit.ts";
import { hashSecret, SESSION_COOKIE } from "../caller.ts";
import type { App, Plane } from "../plane.ts";

const COOKIE = { path: "/", httpOnly: true, sameSite: "strict" } as const;
const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["session"];

export function sessionRoutes(app: App, { store, clock, audit, logins }: Plane): void {
  const toApi = (session: Session): ApiSession => ({
    user: session.operator,
    csrfToken: session.csrfToken,
    expiresMs: session.expiresMs,
    nowMs: clock.nowMs(),
  });

  app.post(
    "/session",
    {
      config: { access: "open" },
      schema: {
        tags,
        summary: "Logs in; the session is in the cookie, never in the answer",
        body: LoginRequest,
        response: { 201: ApiSession, ...errors },
      },
    },
    async (request, reply) => {
      const former = request.cookies[SESSION_COOKIE];
      const { secret, session } = await logins.open({
        ...request.body,
        address: addressOf(request),
      });
      if (former !== undefined) await store.deleteSession(hashSecret(former));
      const maxAge = Math.floor((session.expiresMs - session.createdMs) / 1_000);
      reply.setCookie(SESSION_COOKIE, secret, { ...COOKIE, maxAge });
      return reply.code(201).send(toApi(session));
    },
  );

  app.get(
    "/session",
    { schema: { tags, summary: "Who is logged in", response: { 200: ApiSession, ...errors } } },
    ({ caller }) => {
      if (caller.kind !== "operator") throw new DecnetError("login-required");
      return toApi(caller.session);
    },
  );

  app.delete(
    "/session",
    { schema: { tags, summary: "Logs out", response: { 204: Type.Null(), ...errors } } },
    async (request, reply) => {
      const { caller } = request;
      if (caller.kind === "operator") {
        const { operator, secretHash } = caller.session;
        await audit.act(request, { action: "logout", target: operator }, () =>
          store.deleteSession(secretHash),
        );
      }
      reply.clearCookie(SESSION_COOKIE, COOKIE);
      return reply.code(204).send(null);
    },
  );
}
