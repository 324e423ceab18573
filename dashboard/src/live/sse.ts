import type { StreamMessages } from "../../../src/wire/api/stream.ts";

/** One message of the stream, by name. */
export type StreamMessage = {
  [Name in keyof StreamMessages]: { readonly name: Name; readonly data: StreamMessages[Name] };
}[keyof StreamMessages];

const NAMES: ReadonlySet<string> = new Set<keyof StreamMessages>([
  "hello",
  "change",
  "seen",
  "status",
  "reset",
]);

/**
 * Reads server-sent events (HTML Living Standard, section 9.2.6) from text that arrives in pieces.
 * Comments, and names that this page does not know, are passed over.
 *
 * @returns A function that takes the next piece and gives the messages that it completed.
 * @throws {SyntaxError} From that function, if the data of a known message is not JSON.
 */
export function createSseReader(): (piece: string) => StreamMessage[] {
  let rest = "";
  let name = "";
  let data: string[] = [];

  function readLine(line: string): StreamMessage | null {
    if (line === "") {
      const [doneName, doneData] = [name, data];
      name = "";
      data = [];
      if (doneData.length === 0 || !NAMES.has(doneName)) return null;
      return { name: doneName, data: JSON.parse(doneData.join("\n")) } as StreamMessage;
    }
    const colon = line.indexOf(":");
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
    return null;
  }

  return (piece) => {
    rest += piece;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    const messages: StreamMessage[] = [];
    for (const line of lines) {
      const message = readLine(line);
      if (message !== null) messages.push(message);
    }
    return messages;
  };
}
