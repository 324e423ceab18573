/** The live streams that are open, so that they end with the session that opened them. */
export interface OpenStreams {
  /** @param recheck Ends the stream if its caller would no longer be let in. @returns How to forget it. */
  add(recheck: () => Promise<void>): () => void;
  /** To be called after whatever may have ended a session or an API token. Never rejects. */
  recheck(): Promise<void>;
}

export function createOpenStreams(): OpenStreams {
  const rechecks = new Set<() => Promise<void>>();
  return {
    add(recheck) {
      rechecks.add(recheck);
      return () => rechecks.delete(recheck);
    },
    async recheck() {
      await Promise.allSettled([...rechecks].map((recheck) => recheck()));
    },
  };
}
