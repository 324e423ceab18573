export type Value =
  | { readonly type: "string"; text: string }
  | { readonly type: "list"; readonly items: string[] }
  | { readonly type: "set"; readonly members: Set<string> }
  | { readonly type: "hash"; readonly fields: Map<string, string> }
  | { readonly type: "zset"; readonly scores: Map<string, number> };

interface Entry {
  value: Value;
  /** Unix milliseconds; null if it never expires. */
  expiresMs: number | null;
}

/** Past these, writes are refused as Redis refuses them when its memory is full. */
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_KEYS = 10_000;
/** What Redis needs for a key beside its bytes, about. */
const KEY_OVERHEAD_BYTES = 72;
const MEASURE_MS = 1000;

export const DATABASES = 16;

/** The sixteen databases of one decky: what its clients wrote, as long as the process lives. */
export class Keyspace {
  private readonly databases: Map<string, Entry>[] = Array.from(
    { length: DATABASES },
    () => new Map(),
  );
  private readonly nowMs: () => number;
  /** Of all keys and values, about; never too little, since what is popped still counts. */
  private bytes = 0;
  private measuredMs = 0;
  changes = 0;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get(database: number, key: string): Value | null {
    return this.entry(database, key)?.value ?? null;
  }

  /** Stores a value that is new or replaces another. */
  set(database: number, key: string, value: Value, expiresMs: number | null = null): void {
    this.forget(database, key);
    this.of(database).set(key, { value, expiresMs });
    this.touch(bytesOf(key, value));
  }

  /** To be called after each write, with about what it added. */
  touch(bytes: number): void {
    this.changes++;
    this.bytes += bytes;
  }

  delete(database: number, key: string): boolean {
    const existed = this.entry(database, key) !== null;
    if (existed) this.changes++;
    this.forget(database, key);
    return existed;
  }

  expiry(database: number, key: string): number | null {
    return this.entry(database, key)?.expiresMs ?? null;
  }

  expire(database: number, key: string, atMs: number | null): void {
    const entry = this.entry(database, key);
    if (entry) entry.expiresMs = atMs;
  }

  keys(database: number): string[] {
    return [...this.of(database).keys()].filter((key) => this.entry(database, key) !== null);
  }

  clear(database: number | null): void {
    if (database === null) for (const entries of this.databases) entries.clear();
    else this.of(database).clear();
    this.changes++;
    this.measure();
  }

  swap(one: number, other: number): void {
    const [first, second] = [this.of(one), this.of(other)];
    this.databases[one] = second;
    this.databases[other] = first;
  }

  /** True once there is no room for more. */
  get full(): boolean {
    if (this.databases.reduce((sum, entries) => sum + entries.size, 0) >= MAX_KEYS) return true;
    // Measuring reads all, so whoever fills it up may not make it read all at each command.
    const due = this.nowMs() - this.measuredMs >= MEASURE_MS;
    return this.bytes >= MAX_BYTES && (!due || this.measure() >= MAX_BYTES);
  }

  /** Bytes of all keys and values, about. */
  measure(): number {
    let bytes = 0;
    for (const entries of this.databases) {
      for (const [key, { value }] of entries) bytes += bytesOf(key, value);
    }
    this.bytes = bytes;
    this.measuredMs = this.nowMs();
    return bytes;
  }

  private forget(database: number, key: string): void {
    const entry = this.of(database).get(key);
    if (!entry) return;
    this.bytes -= bytesOf(key, entry.value);
    this.of(database).delete(key);
  }

  private of(database: number): Map<string, Entry> {
    return this.databases[database] ?? new Map();
  }

  private entry(database: number, key: string): Entry | null {
    const entry = this.of(database).get(key);
    if (!entry) return null;
    if (entry.expiresMs === null || entry.expiresMs > this.nowMs()) return entry;
    this.forget(database, key);
    return null;
  }
}

function bytesOf(key: string, value: Value): number {
  return KEY_OVERHEAD_BYTES + key.length + sizeOf(value);
}

function sizeOf(value: Value): number {
  const sum = (texts: Iterable<string>) => {
    let bytes = 0;
    for (const text of texts) bytes += text.length + 16;
    return bytes;
  };
  switch (value.type) {
    case "string":
      return value.text.length;
    case "list":
      return sum(value.items);
    case "set":
      return sum(value.members);
    case "hash":
      return sum(value.fields.keys()) + sum(value.fields.values());
    case "zset":
      break;
  }
  return sum(value.scores.keys()) + value.scores.size * 8;
}

/**
 * Matches as Redis' patterns do: `*`, `?`, `[a-z]`, `[^a]`, backslash.
 * Goes back to the last star only, so that no pattern takes more than text times pattern.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = pattern.match(/\\[^]|\[\^?[^]*?(?:\]|$)|[^]/g) ?? [];
  let [at, part, starPart, starAt] = [0, 0, -1, 0];
  while (at < text.length) {
    const token = parts[part];
    if (token === "*") {
      starPart = part;
      starAt = at;
      part++;
    } else if (token !== undefined && matchesOne(token, text.charAt(at))) {
      part++;
      at++;
    } else if (starPart >= 0) {
      part = starPart + 1;
      starAt++;
      at = starAt;
    } else return false;
  }
  return parts.slice(part).every((token) => token === "*");
}

function matchesOne(token: string, char: string): boolean {
  if (token === "?") return true;
  if (token.length === 2 && token.startsWith("\\")) return token.charAt(1) === char;
  if (token.length === 1 || !token.startsWith("[")) return token === char;
  const negated = token.startsWith("[^");
  const set = token.slice(negated ? 2 : 1).replace(/\]$/, "");
  let found = false;
  for (let index = 0; index < set.length; index++) {
    const [from, dash, to] = [set.charAt(index), set.charAt(index + 1), set.charAt(index + 2)];
    if (dash === "-" && to !== "") {
      found ||= (from <= char && char <= to) || (to <= char && char <= from);
      index += 2;
    } else found ||= from === char;
  }
  return found !== negated;
}
