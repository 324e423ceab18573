import swagger from "@fastify/swagger";
import type { App } from "./plane.ts";

const CONTENT = "#/components/schemas/";

/** Collects every route's schemas; to be registered before the routes. */
export async function describeApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "DECNET operator plane",
        version,
        description:
          "Steers and watches the fleet. Loopback only; every list tells the seq to stream from.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      components: {
        securitySchemes: {
          session: { type: "apiKey", in: "cookie", name: "decnet_session" },
          csrf: { type: "apiKey", in: "header", name: "X-CSRF-Token" },
        },
      },
    },
    transformObject: (document) =>
      "openapiObject" in document ? shareSchemas(document.openapiObject) : document.swaggerObject,
  });
  app.get("/api/v1/openapi.json", { schema: { hide: true }, config: { access: "open" } }, () =>
    app.swagger(),
  );
}

/** Moves each schema that has a name (`$id`) to the components, and refers to it from its places. */
function shareSchemas<T extends object>(document: T): T {
  const schemas: Record<string, unknown> = {};
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== "object" || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]));
    const { $id, ...schema } = copy;
    if (typeof $id !== "string") return copy;
    schemas[$id] = schema;
    return { $ref: CONTENT + $id };
  };
  const walked = walk(document) as T & { components?: object };
  return { ...walked, components: { ...walked.components, schemas } };
}
