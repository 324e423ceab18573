import type { DeckyIdentity } from "../../decoys/persona.ts";
import type { Clock } from "../../domain/clock.ts";
import type { DecoyEvent } from "../../domain/event.ts";
import type { Log } from "../../domain/log.ts";
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

/** What every runtime is given. */
export interface RuntimeDeps {
  readonly hostUuid: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes an event over: once it returns, keeping the event is the taker's matter. */
  emit(event: DecoyEvent): void;
  /** Called whenever what `status()` answers has changed: time for a heartbeat. */
  onChange(): void;
}
