/**
 * Makes UUIDs of version 7 (RFC 9562, section 5.7) that only grow: the 12 bits after the time are a
 * counter, seeded at random each millisecond (section 6.2, method 1); when it runs over, or the
 * clock steps back, the time of the last id is carried on.
 */
export function createEventIds(deps: {
  nowMs(): number;
  randomBytes(size: number): Uint8Array;
}): () => string {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const random = Buffer.from(deps.randomBytes(10));
    const nowMs = deps.nowMs();
    if (nowMs > lastMs) {
      lastMs = nowMs;
      // The top bit starts clear, so that at least 2,048 ids fit into the millisecond.
      counter = random.readUInt16BE(0) & 0x7ff;
    } else if (counter === 0xfff) {
      lastMs += 1;
      counter = 0;
    } else {
      counter += 1;
    }
    const time = lastMs.toString(16).padStart(12, "0");
    const variant = ((random[2] ?? 0) & 0x3f) | 0x80;
    const tail = variant.toString(16) + random.subarray(3).toString("hex");
    return [
      time.slice(0, 8),
      time.slice(8),
      `7${counter.toString(16).padStart(3, "0")}`,
      tail.slice(0, 4),
      tail.slice(4),
    ].join("-");
  };
}
