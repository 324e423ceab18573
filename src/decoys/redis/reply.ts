/** A reply before it is put into RESP2 or RESP3. Text is Latin-1. */
export type Reply =
  | { readonly kind: "simple"; readonly text: string }
  | { readonly kind: "error"; readonly text: string }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "bulk"; readonly text: string | null }
  | { readonly kind: "array"; readonly items: readonly Reply[] | null }
  | { readonly kind: "map"; readonly entries: readonly (readonly [Reply, Reply])[] }
  | { readonly kind: "set"; readonly items: readonly Reply[] }
  /** Several replies to one command (SUBSCRIBE), or none. */
  | { readonly kind: "several"; readonly replies: readonly Reply[] };

export const OK: Reply = { kind: "simple", text: "OK" };
export const NIL: Reply = { kind: "bulk", text: null };

export const simple = (text: string): Reply => ({ kind: "simple", text });
export const error = (text: string): Reply => ({ kind: "error", text });
export const integer = (value: number): Reply => ({ kind: "integer", value });
export const bulk = (text: string | null): Reply => ({ kind: "bulk", text });
export const array = (items: readonly Reply[] | null): Reply => ({ kind: "array", items });
export const bulks = (texts: readonly (string | null)[]): Reply => array(texts.map(bulk));

export const SYNTAX_ERROR = error("ERR syntax error");
export const NOT_AN_INTEGER = error("ERR value is not an integer or out of range");
export const WRONG_TYPE = error(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);

/** @param protocol 2 or 3: the version of RESP that the connection speaks. */
export function encode(reply: Reply, protocol: number): string {
  const each = (items: readonly Reply[]) => items.map((item) => encode(item, protocol)).join("");
  switch (reply.kind) {
    case "simple":
      return `+${reply.text}\r\n`;
    case "error":
      return `-${reply.text.replace(/[\r\n]/g, " ")}\r\n`;
    case "integer":
      return `:${reply.value}\r\n`;
    case "bulk":
      if (reply.text === null) return protocol === 3 ? "_\r\n" : "$-1\r\n";
      return `$${reply.text.length}\r\n${reply.text}\r\n`;
    case "array":
      if (reply.items === null) return protocol === 3 ? "_\r\n" : "*-1\r\n";
      return `*${reply.items.length}\r\n${each(reply.items)}`;
    case "set":
      return `${protocol === 3 ? "~" : "*"}${reply.items.length}\r\n${each(reply.items)}`;
    case "map": {
      const { entries } = reply;
      const head = protocol === 3 ? `%${entries.length}` : `*${entries.length * 2}`;
      return `${head}\r\n${each(entries.flat())}`;
    }
    case "several":
      break;
  }
  return each(reply.replies);
}

/** Bytes that a reply takes, about; stops counting at `limit`, so that a huge one is found out fast. */
export function sizeOf(reply: Reply, limit: number): number {
  switch (reply.kind) {
    case "simple":
    case "error":
      return reply.text.length + 3;
    case "integer":
      return 12;
    case "bulk":
      return (reply.text?.length ?? 0) + 12;
    case "array":
    case "set":
      return sum(reply.items ?? [], limit);
    case "map":
      return sum(reply.entries.flat(), limit);
    case "several":
      break;
  }
  return sum(reply.replies, limit);
}

function sum(replies: readonly Reply[], limit: number): number {
  let bytes = 8;
  for (const reply of replies) {
    bytes += sizeOf(reply, limit - bytes);
    if (bytes >= limit) break;
  }
  return bytes;
}
