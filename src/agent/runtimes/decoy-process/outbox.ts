/** Shut while the agent takes events more slowly than attackers make them: sockets wait at it. */
export interface Gate {
  readonly shut: boolean;
  /** Calls back once: at once if the gate is open, else when it opens. */
  whenOpen(callback: () => void): void;
}

/**
 * Sends messages to the agent in order and keeps count of those that the pipe has not taken yet.
 * Nothing is dropped: above `highWater` the gate shuts and no socket is read until half are gone.
 */
export interface Outbox<Message> {
  readonly gate: Gate;
  post(message: Message): void;
  /** Calls back once everything posted so far is in the pipe. */
  whenEmpty(callback: () => void): void;
}

export function createOutbox<Message>(
  send: (message: Message, taken: () => void) => void,
  highWater: number,
): Outbox<Message> {
  let pending = 0;
  let shut = false;
  let waitingToOpen: (() => void)[] = [];
  let waitingForEmpty: (() => void)[] = [];

  function taken(): void {
    pending -= 1;
    if (shut && pending <= highWater / 2) {
      shut = false;
      const waiting = waitingToOpen;
      waitingToOpen = [];
      for (const callback of waiting) callback();
    }
    if (pending === 0) {
      const waiting = waitingForEmpty;
      waitingForEmpty = [];
      for (const callback of waiting) callback();
    }
  }

  return {
    gate: {
      get shut() {
        return shut;
      },
      whenOpen(callback) {
        if (shut) waitingToOpen.push(callback);
        else callback();
      },
    },
    post(message) {
      pending += 1;
      if (pending > highWater) shut = true;
      send(message, taken);
    },
    whenEmpty(callback) {
      if (pending === 0) callback();
      else waitingForEmpty.push(callback);
    },
  };
}
