import type { AgentAnswer, AgentTransport } from "../../src/agent/transport.ts";
import type { Clock } from "../../src/domain/clock.ts";
import { DecnetError } from "../../src/domain/errors.ts";
import { bodyOf } from "../../src/master/agent-plane/exchange.ts";
import type { AgentPlane } from "../../src/master/agent-plane/plane.ts";
import type { Chance } from "./chance.ts";

/** A network that loses, delays and repeats; the connection's certificate is what it is. */
export interface Network {
  /** Null while the master is down. */
  plane: AgentPlane | null;
  transportOf(
    fingerprint: string,
    onAnswer: (body: string, answer: AgentAnswer) => void,
  ): AgentTransport;
  readonly counts: { sent: number; lost: number; repeated: number };
}

const LOSS = 0.02;
const REPEAT = 0.01;

export function createNetwork(clock: Clock, chance: Chance): Network {
  const counts = { sent: 0, lost: 0, repeated: 0 };
  const network: Network = {
    plane: null,
    counts,
    transportOf: (fingerprint, onAnswer) => ({
      close() {},
      async request({ method, path, headers = {}, body, timeoutMs, signal }) {
        counts.sent += 1;
        const deliver = async (): Promise<AgentAnswer> => {
          if (network.plane === null) throw new DecnetError("master-unreachable", "it is down");
          const answer = await network.plane.handle({
            peer: {
              fingerprint,
              notBeforeMs: 0,
              notAfterMs: Number.MAX_SAFE_INTEGER - 1000,
              address: "127.0.0.1",
            },
            method,
            path,
            headers: { ...headers },
            body: bodyOf([Buffer.from(body ?? "")]),
            signal: null,
          });
          return { ...answer, body: answer.body ?? "" };
        };
        if (chance.happens(REPEAT)) {
          // A copy that lay about in the network: it arrives after newer ones.
          counts.repeated += 1;
          const late = clock.sleep(chance.between(1_000, 180_000)).then(deliver);
          late.catch(() => {});
        }
        const lost = async () => {
          counts.lost += 1;
          await clock.sleep(timeoutMs, signal);
          throw new DecnetError("master-unreachable", "no answer in time");
        };
        await clock.sleep(chance.between(1, 150), signal);
        if (chance.happens(LOSS / 2)) return lost();
        const answer = await deliver();
        onAnswer(body ?? "", answer);
        if (chance.happens(LOSS / 2)) return lost();
        await clock.sleep(chance.between(1, 150), signal);
        return answer;
      },
    }),
  };
  return network;
}
