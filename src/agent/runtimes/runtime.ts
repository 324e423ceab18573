import type { DeckyIdentity } from "../../decoys/persona.ts";
import type { ServiceStatus } from "../../domain/shard.ts";
import type { DesiredDecky } from "../../wire/desired.ts";

/** Gives deckies an address and runs them: one small port, a folder a runtime. */
export interface Runtime {
  /**
   * Starts a decky, or resolves at once if it already runs just so.
   * @throws If nothing of it could be started; the message is the reason that an operator reads.
   */
  start(decky: DesiredDecky): Promise<void>;
  /** Stops it and frees its address; resolves also if it did not run. */
  stop(name: string): Promise<void>;
  /** What runs now, by decky name. */
  status(): ReadonlyMap<string, DeckyStatus>;
  /** Stops everything. */
  close(): Promise<void>;
}

export interface DeckyStatus {
  /** False when any service is down, or the process that serves them is. */
  readonly running: boolean;
  readonly reason: string | null;
  readonly services: Readonly<Record<string, ServiceStatus>>;
  /** What the decky passes for: goes into the heartbeat. */
  readonly identity: DeckyIdentity;
}
