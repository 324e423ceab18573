import swagger from "@fastify/swagger";
import { sessionCookie } from "./caller.ts";
import type { Site } from "./origin.ts";
import type { App } from "./plane.ts";

/** Collects every route's schemas; to be registered before the routes. */
export async function describeApi(app: App, version: string, site: Site): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "DECNET operator plane",
        version,
        description: "Steers and watches the fleet. Every list tells the seq to stream from.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          session: { type: "apiKey", in: "cookie", name: sessionCookie(site) },
          token: { type: "http", scheme: "bearer" },
          csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token" },
        },
      },
    },
    transform: ({ schema, url }) => ({
      url,
      schema: titled({ ...schema, response: described(schema) }),
    }),
    transformObject: (document) =>
      "openapiObject" in document ? shareSchemas(document.openapiObject) : document.swaggerObject,
  });
  app.get("/api/v1/openapi.json", { schema: { hide: true }, config: { needs: "open" } }, () =>
    app.swagger(),
  );
}

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  200: "As asked",
  201: "Made",
  204: "Done; there is nothing more to say",
  "4xx": "Refused: docs/errors.md lists the codes, and what to do",
  "5xx": "The master failed, or has too much to do; Retry-After says when to come again",
};

/** Answers as the document wants them: with a word on each, and their schemas by name. */
function described(schema: unknown): Record<string, unknown> {
  const response =
    typeof schema === "object" && schema !== null && "response" in schema ? schema.response : {};
  const entries = Object.entries(response as Record<string, object>).map(([status, answer]) => {
    const description = DESCRIPTIONS[status] ?? "";
    if ("content" in answer) return [status, { description, ...answer }];
    if ("type" in answer && answer.type === "null") return [status, { description, type: "null" }];
    return [status, { description, content: { "application/json": { schema: answer } } }];
  });
  return Object.fromEntries(entries);
}

/** A copy in which each schema's name (`$id`), which would not get into the document, is its title. */
function titled<T extends object>(schema: T): T {
  return mapObjects(schema, ({ $id, ...rest }) =>
    $id === undefined ? rest : { title: $id, ...rest },
  );
}

/** Moves each schema that has a title to the components, and refers to it from its places. */
function shareSchemas<T extends { components?: object }>(document: T): T {
  const schemas: Record<string, unknown> = {};
  const { info, ...rest } = document as T & { info?: unknown };
  const shared = mapObjects(rest, (node) => {
    if (typeof node["title"] !== "string") return node;
    schemas[node["title"]] = node;
    return { $ref: `#/components/schemas/${node["title"]}` };
  });
  return { info, ...shared, components: { ...shared.components, schemas } } as unknown as T;
}

/** A deep copy with each object replaced, from the innermost out. */
function mapObjects<T>(
  node: T,
  replace: (node: Record<string, unknown>) => Record<string, unknown>,
): T {
  if (Array.isArray(node)) return node.map((item) => mapObjects(item, replace)) as T;
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, mapObjects(value, replace)]);
  return replace(Object.fromEntries(entries)) as T;
}
