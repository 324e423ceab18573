/** What the bench's processes say to each other over IPC. */

export interface BenchHost {
  readonly uuid: string;
  readonly name: string;
  readonly certificatePem: string;
}

/** From a server, once it listens. */
export interface ServerReady {
  readonly port: number;
  readonly hosts: readonly BenchHost[];
  /** One key for all hosts: what is measured is not the making of keys. */
  readonly keyPem: string;
  readonly authorityPem: string;
}

/** From a server, on `usage`. */
export interface ServerUsage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

export interface LoadPlan extends ServerReady {
  readonly deckies: number;
  readonly changing: boolean;
  readonly newConnections: boolean;
  readonly durationMs: number;
  /** Grows from round to round, so that a server that goes on sees newer heartbeats. */
  readonly boot: number;
}

export interface LoadResult {
  readonly beats: number;
  readonly elapsedMs: number;
  /** Answers other than 204, by status line. */
  readonly others: Readonly<Record<string, number>>;
}
