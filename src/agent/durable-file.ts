/** An agent's files and the authority's are written alike; pki is the room that both may use. */
export { syncDirectory, writeFileDurably } from "../pki/durable-file.ts";
