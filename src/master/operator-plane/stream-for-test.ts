import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import type { Client } from "./open-for-test.ts";

interface Message {
  readonly event: string;
  readonly id: number | null;
  readonly data: {
    readonly seq?: number;
    readonly topic?: string;
    readonly key?: string;
    readonly body?: { readonly operator?: string; readonly action?: string } | null;
  };
}

/** Reads server-sent events until the stream ends; a keep-alive comes as the event `comment`. */
async function* messagesOf(stream: IncomingMessage): AsyncGenerator<Message> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream as AsyncIterable<string>) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.startsWith(":")) {
        yield { event: "comment", id: null, data: {} };
        continue;
      }
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const id = field("id");
      yield {
        event: field("event") ?? "",
        id: id === undefined ? null : Number(id),
        data: JSON.parse(field("data") ?? "null") as Message["data"],
      };
    }
  }
}

export async function openStream(client: Client, query = "", headers: Record<string, string> = {}) {
  const response = await client.open("GET", `/api/v1/stream${query}`, { headers });
  assert.equal(response.statusCode, 200);
  const messages = messagesOf(response);
  const next = async () => (await messages.next()).value as Message | undefined;
  return { response, messages, next, close: () => response.destroy() };
}
