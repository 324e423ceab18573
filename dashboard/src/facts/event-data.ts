import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { sizeOf } from "./sizes.ts";

const CAST_CHARS = 160;
const encoder = new TextEncoder();

/**
 * The facts of an event as somebody reads them: what is long by its nature (a file's content, a
 * piece of a recording) is shortened and says its size.
 */
export function readableData({ kind, data }: Pick<ApiEvent, "kind" | "data">): ApiEvent["data"] {
  const { content, cast } = data;
  if (kind === "shell.file" && Array.isArray(content)) {
    const chars = content.reduce<number>((sum, piece) => sum + String(piece).length, 0);
    return { ...data, content: `(${sizeOf(chars)} of base64)` };
  }
  if (kind === "shell.recording" && typeof cast === "string" && cast.length > CAST_CHARS) {
    const size = sizeOf(encoder.encode(cast).length);
    return { ...data, cast: `${cast.slice(0, CAST_CHARS)}… (${size} in all)` };
  }
  return data;
}
