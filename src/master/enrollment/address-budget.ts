/**
 * How often one address may ask: `burst` requests at once, then `perSecond`, evenly (the generic
 * cell rate algorithm: one number an address).
 */
export class AddressBudget {
  readonly #intervalMs: number;
  readonly #slackMs: number;
  readonly #maxAddresses: number;
  /** When each address has its whole burst again, Unix milliseconds; least recently asking first. */
  readonly #fullMs = new Map<string, number>();

  constructor(limits: {
    readonly burst: number;
    readonly perSecond: number;
    /** Bounds the memory; the address that asked longest ago is forgotten first. */
    readonly maxAddresses: number;
  }) {
    this.#intervalMs = 1000 / limits.perSecond;
    this.#slackMs = (limits.burst - 1) * this.#intervalMs;
    this.#maxAddresses = limits.maxAddresses;
  }

  /** @returns 0 if the address may ask now; else how many milliseconds it is to wait. */
  take(address: string, nowMs: number): number {
    const fullMs = Math.max(nowMs, this.#fullMs.get(address) ?? nowMs);
    const waitMs = fullMs - nowMs - this.#slackMs;
    if (waitMs > 0) return waitMs;
    this.#fullMs.delete(address);
    this.#fullMs.set(address, fullMs + this.#intervalMs);
    if (this.#fullMs.size > this.#maxAddresses) {
      for (const oldest of this.#fullMs.keys()) {
        this.#fullMs.delete(oldest);
        break;
      }
    }
    return 0;
  }
}
