import type { FastifyInstance } from "fastify";

/** Which methods a path answers to, whatever the router says of one method alone. */
export interface MethodTable {
  /** Sorted; empty if there is no such path. */
  allowed(path: string): readonly string[];
}

/** To be made before the routes: it notes each as it is added. */
export function noteMethods(app: Pick<FastifyInstance, "addHook">): MethodTable {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    routes.push({ pattern: patternOf(url), methods: [method].flat() });
  });
  return {
    allowed(path) {
      const found = routes.filter(({ pattern }) => pattern.test(path));
      return [...new Set(found.flatMap(({ methods }) => methods))].toSorted();
    },
  };
}

/** The dashboard's catch-all is no route of the API. */
function patternOf(url: string): RegExp {
  if (url.endsWith("*")) return /^(?!\/api\/)/;
  const segments = url.split("/").map((segment) => (segment.startsWith(":") ? "[^/]+" : segment));
  return new RegExp(`^${segments.join("/").replaceAll(".", "\\.")}$`);
}
