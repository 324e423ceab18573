import { readFile } from "node:fs/promises";
import type { Log } from "../domain/log.ts";
import { type DesiredState, parseDesiredState } from "../wire/desired.ts";
import { writeFileDurably } from "./durable-file.ts";

/** The last desired state, so that deckies come up while the master is away. */
export interface DesiredFile {
  /** What it held when it was opened; null if nothing usable. */
  readonly last: DesiredState | null;
  /** @throws The system's error when the disk refuses; then the file is as it was. */
  save(state: DesiredState): Promise<void>;
}

/** The file is the answer of `GET /swarm/desired`, readable by its owner only: it has the personas' seeds. */
export async function openDesiredFile(path: string, log: Log): Promise<DesiredFile> {
  return {
    last: await read(path, log),
    save: (state) => writeFileDurably(path, JSON.stringify(state), 0o600),
  };
}

async function read(path: string, log: Log): Promise<DesiredState | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
  const state = parseDesiredState(text);
  if (state === null)
    log.warn("saved desired state is unreadable: waiting for the master's", { path });
  return state;
}
