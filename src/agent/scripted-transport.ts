import type { AgentAnswer, AgentRequest, AgentTransport } from "./transport.ts";

/** An answer as a test writes it; headers and body may be left out. */
export interface ScriptedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ScriptedTransport extends AgentTransport {
  /** All that was asked, in order. */
  readonly requests: readonly AgentRequest[];
}

/**
 * A master in the same process, without a network: for tests of loops.
 *
 * @param answer May throw what `AgentTransport.request` throws, and may take its time.
 */
export function createScriptedTransport(
  answer: (request: AgentRequest, index: number) => ScriptedAnswer | Promise<ScriptedAnswer>,
): ScriptedTransport {
  const requests: AgentRequest[] = [];
  return {
    requests,
    async request(request): Promise<AgentAnswer> {
      request.signal?.throwIfAborted();
      requests.push(request);
      const { status, headers = {}, body = "" } = await answer(request, requests.length - 1);
      return { status, headers, body };
    },
    close() {},
  };
}
