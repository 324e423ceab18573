import type { AgentAnswer, AgentRequest, AgentTransport } from "./transport.ts";

/** What proves who this agent is; PEM, both. */
export interface Credentials {
  readonly keyPem: string;
  readonly certificatePem: string;
}

/** A transport whose credentials can be changed while others use it. */
export interface SwitchingTransport extends AgentTransport {
  /**
   * Holds back what others ask, lets what is under way come to its end (a question that merely waits
   * for news is cut, and asked again afterwards), and gives `trial` the new credentials alone. So
   * nothing is ever sent under the old ones once the new ones have spoken, and nobody's request is
   * refused because new ones turn out to be of no use.
   *
   * @param otherwise What is used from then on if the new ones are of no use.
   * @param trial True keeps the new ones. An error leaves what was used before.
   */
  tryOn(
    credentials: Credentials,
    otherwise: Credentials,
    trial: (transport: AgentTransport) => Promise<boolean>,
  ): Promise<void>;
}

interface UnderWay {
  readonly exchange: Promise<AgentAnswer>;
  /** Cuts a question that can be asked again without harm; null for what cannot. */
  readonly cut: AbortController | null;
}

export function createSwitchingTransport(parts: {
  readonly initial: Credentials;
  readonly open: (credentials: Credentials) => AgentTransport;
  /** Told of every answer, and of every failure to get one. */
  readonly onAnswer: (answer: AgentAnswer) => void;
  readonly onFailure: (error: unknown) => void;
}): SwitchingTransport {
  let current = parts.open(parts.initial);
  let tried: AgentTransport | null = null;
  let gate: Promise<void> | null = null;
  const underWay = new Set<UnderWay>();

  async function ask(request: AgentRequest): Promise<AgentAnswer | "cut"> {
    const cut = request.method === "GET" ? new AbortController() : null;
    const signals = [request.signal, cut?.signal].filter((signal) => signal !== undefined);
    const exchange = current.request({ ...request, signal: AbortSignal.any(signals) });
    const entry = { exchange, cut };
    underWay.add(entry);
    try {
      const answer = await exchange;
      parts.onAnswer(answer);
      return answer;
    } catch (error) {
      request.signal?.throwIfAborted();
      if (cut?.signal.aborted === true) return "cut";
      parts.onFailure(error);
      throw error;
    } finally {
      underWay.delete(entry);
    }
  }

  return {
    async request(request) {
      for (;;) {
        for (let held = gate; held !== null; held = gate) await unlessAborted(held, request.signal);
        const answer = await ask(request);
        if (answer !== "cut") return answer;
      }
    },
    async tryOn(credentials, otherwise, trial) {
      const { promise, resolve: release } = Promise.withResolvers<void>();
      gate = promise;
      tried = parts.open(credentials);
      try {
        for (const { cut } of underWay) cut?.abort();
        await Promise.allSettled([...underWay].map(({ exchange }) => exchange));
        const keep = (await trial(tried)) ? tried : parts.open(otherwise);
        current.close();
        current = keep;
        if (keep === tried) tried = null;
      } finally {
        tried?.close();
        tried = null;
        gate = null;
        release();
      }
    },
    close() {
      tried?.close();
      current.close();
    },
  };
}

/** @throws The signal's reason, once it aborts. */
async function unlessAborted(gate: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return gate;
  signal.throwIfAborted();
  const over = new AbortController();
  try {
    await Promise.race([
      gate,
      new Promise((_resolve, reject) => {
        const abort = () => reject(signal.reason as Error);
        signal.addEventListener("abort", abort, { once: true, signal: over.signal });
      }),
    ]);
  } finally {
    over.abort();
  }
}
