import { X509Certificate } from "node:crypto";
import type { RequestListener, Server } from "node:http";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import fastify from "fastify";
import { DecnetError, type ErrorCode } from "../../domain/errors.ts";
import { createAudit } from "./audit.ts";
import { createGate, type LocalSockets } from "./caller.ts";
import { serveDashboard } from "./dashboard.ts";
import type { OperatorPlaneDeps } from "./deps.ts";
import { createLogins } from "./login.ts";
import { noteMethods } from "./methods.ts";
import { describeApi } from "./openapi.ts";
import { siteOf } from "./origin.ts";
import type { App, Counters, Plane } from "./plane.ts";
import { codeOf, pathOf, sendRefusal } from "./refusal.ts";
import { accountRoutes } from "./routes/account.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { apiTokenRoutes } from "./routes/api-tokens.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authorityRoutes } from "./routes/authorities.ts";
import { deckyRoutes } from "./routes/deckies.ts";
import { eventRoutes } from "./routes/events.ts";
import { healthRoutes } from "./routes/health.ts";
import { hostRoutes } from "./routes/hosts.ts";
import { operatorRoutes } from "./routes/operators.ts";
import { sessionRoutes } from "./routes/session.ts";
import { statusRoutes } from "./routes/status.ts";
import { streamRoutes } from "./routes/stream.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { createOpenStreams } from "./streams.ts";
import { compileValidator } from "./validation.ts";

const BODY_LIMIT_BYTES = 64 * 1024;

/** Of both listeners alike. */
export const HTTP_LIMITS = {
  requestTimeout: 15_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
} as const;

const SECURITY_HEADERS = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
    },
  },
  xFrameOptions: { action: "deny" },
  referrerPolicy: { policy: "no-referrer" },
} as const;

/** Refusals that say of somebody that he should not be here; counted, since he may flood them. */
const COUNTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "api-token-invalid",
  "permission-denied",
  "csrf-token-invalid",
  "origin-refused",
  "host-header-refused",
]);

/** A year (RFC 6797). Not for names below: they are none of ours. */
const HSTS = { maxAge: 31_536_000, includeSubDomains: false };

/**
 * The whole operator plane, on no listener yet.
 * @param serverFactory Makes the server that `app.listen` opens; left out, plain HTTP.
 */
export async function buildApp(
  deps: OperatorPlaneDeps,
  local: LocalSockets,
  serverFactory?: (handler: RequestListener) => Server,
): Promise<App> {
  const { log, random } = deps;
  const site = siteOf(deps.tls === null ? null : new X509Certificate(deps.tls.chainPem));
  const app: App = fastify({
    ...(serverFactory !== undefined && { serverFactory }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: HTTP_LIMITS.requestTimeout,
    http: HTTP_LIMITS,
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: () => random(9).toString("base64url"),
    frameworkErrors: (error, request, reply) => void sendRefusal(error, request, reply, log),
  });
  const audit = createAudit(deps);
  const counters: Counters = { openStreams: 0, answers: new Map() };
  const logins = createLogins({ ...deps, audit });
  const plane: Plane = { ...deps, audit, counters, logins, site, streams: createOpenStreams() };

  app.removeContentTypeParser("text/plain");
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler((error, request, reply) => {
    const code = codeOf(error);
    if (COUNTED.has(code)) deps.refused(code);
    return sendRefusal(error, request, reply, log);
  });
  app.decorateRequest("caller");

  const methods = noteMethods(app);
  await app.register(cookie);
  const strictTransportSecurity = site.isSecure ? HSTS : false;
  await app.register(helmet, { ...SECURITY_HEADERS, strictTransportSecurity });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (request.url.startsWith("/api/")) reply.header("cache-control", "no-store");
  });
  app.addHook("onRequest", createGate({ ...deps, local, site }));
  app.addHook("onResponse", async (_request, { statusCode }) => {
    const status = String(statusCode);
    counters.answers.set(status, (counters.answers.get(status) ?? 0) + 1);
  });

  await describeApi(app, deps.version, site);
  healthRoutes(app, plane);
  await app.register(
    async (api: App) => {
      sessionRoutes(api, plane);
      accountRoutes(api, plane);
      apiTokenRoutes(api, plane);
      statusRoutes(api, plane);
      hostRoutes(api, plane);
      alarmRoutes(api, plane);
      authorityRoutes(api, plane);
      deckyRoutes(api, plane);
      eventRoutes(api, plane);
      tokenRoutes(api, plane);
      auditRoutes(api, plane);
      operatorRoutes(api, plane);
      streamRoutes(api, plane);
    },
    { prefix: "/api/v1" },
  );
  const sendPage = await serveDashboard(app, deps.dashboardDir);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.allowed(pathOf(request));
    if (allowed.length > 0 && !allowed.includes(request.method)) {
      reply.header("allow", allowed.join(", "));
      return sendRefusal(new DecnetError("method-not-allowed"), request, reply, log);
    }
    if (sendPage(request, reply)) return reply;
    return sendRefusal(new DecnetError("route-unknown"), request, reply, log);
  });
  await app.ready();
  return app;
}
