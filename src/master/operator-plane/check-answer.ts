import assert from "node:assert/strict";
import { Compile } from "typebox/compile";
import type { Answer, Client } from "./open-for-test.ts";

type Json = Readonly<Record<string, unknown>>;

/** Calls, and holds every answer against the OpenAPI document that the plane itself serves. */
export async function checkAnswers(client: Client): Promise<Client> {
  const document = (await client.call("GET", "/api/v1/openapi.json")).json as Json;
  return {
    open: (method, path, options) => client.open(method, path, options),
    async call(method, path, options) {
      const answer = await client.call(method, path, options);
      checkAnswer(document, method, path, answer);
      return answer;
    },
  };
}

function checkAnswer(document: Json, method: string, path: string, answer: Answer): void {
  const name = `${method} ${path}: ${answer.status}`;
  const route = routeOf(document, method, path.split("?")[0] ?? "");
  assert.ok(route, `${name} is of no route in the document`);
  const responses = route["responses"] as Record<string, Json>;
  const response = responses[answer.status] ?? responses[`${String(answer.status)[0]}XX`];
  assert.ok(response, `${name} has a status that the document does not list`);
  const content = response["content"] as Record<string, Json> | undefined;
  if (content === undefined) {
    assert.equal(answer.text, "", `${name} has a body, and should have none`);
    return;
  }
  const schema = closed(content["application/json"]?.["schema"], document);
  const faults = [...Compile(schema as Json).Errors(answer.json)];
  assert.deepEqual(faults, [], name);
}

function routeOf(document: Json, method: string, path: string): Json | undefined {
  for (const [template, item] of Object.entries(document["paths"] as Record<string, Json>)) {
    const pattern = new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`);
    if (pattern.test(path)) return item[method.toLowerCase()] as Json | undefined;
  }
  return undefined;
}

/** References put in place, and no property allowed that is not listed: nothing leaks unseen. */
function closed(node: unknown, document: Json): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item, document));
  if (typeof node !== "object" || node === null) return node;
  const ref = "$ref" in node ? String(node.$ref) : null;
  if (ref !== null) {
    const { schemas } = document["components"] as { schemas: Json };
    const found = schemas[ref.replace("#/components/schemas/", "")];
    assert.ok(found, `${ref} leads nowhere`);
    return closed(found, document);
  }
  const copy = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, closed(value, document)]),
  );
  return "properties" in copy ? { additionalProperties: false, ...copy } : copy;
}
