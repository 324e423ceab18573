import { Type } from "typebox";
import type { Role } from "../../../domain/role.ts";
import type { Session } from "../../../store/store.ts";
import { ApiError } from "../../../wire/api/common.ts";
import { ApiSession, LoginRequest } from "../../../wire/api/session.ts";
import { addressOf } from "../audit.ts";
import { hashSecret, sessionCookie } from "../caller.ts";
import type { App, Plane } from "../plane.ts";
import { sessionOf } from "./account.ts";

const errors = { "4xx": ApiError, "5xx": ApiError };
const tags = ["session"];

export function sessionRoutes(
  app: App,
  { store, clock, audit, logins, site, streams }: Plane,
): void {
  const name = sessionCookie(site);
  const cookie = {
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: site.isSecure,
  } as const;

  async function toApi(session: Session): Promise<ApiSession> {
    const operator = await store.getOperator(session.operator);
    const role: Role = operator?.role ?? "viewer";
    return {
      user: session.operator,
      role,
      hasTotp: operator?.hasTotp ?? false,
      csrfToken: session.csrfToken,
      expiresMs: session.expiresMs,
      nowMs: clock.nowMs(),
    };
  }

  app.post(
    "/session",
    {
      config: { needs: "open" },
      schema: {
        tags,
        summary: "Logs in; the session is in the cookie, never in the answer",
        body: LoginRequest,
        response: { 201: ApiSession, ...errors },
      },
    },
    async (request, reply) => {
      const former = request.cookies[name];
      const { secret, session } = await logins.open({
        ...request.body,
        address: addressOf(request),
      });
      if (former !== undefined) await store.deleteSession(hashSecret(former));
      const maxAge = Math.floor((session.expiresMs - session.createdMs) / 1_000);
      reply.setCookie(name, secret, { ...cookie, maxAge });
      return reply.code(201).send(await toApi(session));
    },
  );

  app.get(
    "/session",
    {
      config: { needs: "self" },
      schema: { tags, summary: "Who is logged in", response: { 200: ApiSession, ...errors } },
    },
    ({ caller }) => toApi(sessionOf(caller)),
  );

  app.delete(
    "/session",
    {
      config: { needs: "self" },
      schema: { tags, summary: "Logs out", response: { 204: Type.Null(), ...errors } },
    },
    async (request, reply) => {
      const { caller } = request;
      if (caller.kind === "operator") {
        const { operator, secretHash } = caller.session;
        await audit.act(request, { action: "logout", target: operator }, (write) =>
          write(() => store.deleteSession(secretHash)),
        );
        await streams.recheck();
      }
      reply.clearCookie(name, cookie);
      return reply.code(204).send(null);
    },
  );
}
