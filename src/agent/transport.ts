/**
 * The agent's way to the master: one request, one answer, mutually authenticated.
 *
 * Whatever `request` resolves with came from the swarm's own master. It throws
 * - DecnetError `master-unreachable`: no connection, it broke, or no answer within `timeoutMs`;
 * - DecnetError `master-not-trusted` or `clock-off`: something answered that did not prove to be the
 *   master, and nothing that it said is believed;
 * - the signal's reason, once `signal` aborts.
 */
export interface AgentTransport {
  request(request: AgentRequest): Promise<AgentAnswer>;
  /** Cuts every connection; a request that is under way fails. */
  close(): void;
}

export interface AgentRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON; null or absent for none. */
  readonly body?: string | null;
  /** For the whole exchange, from now to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface AgentAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}
