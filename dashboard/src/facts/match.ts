/**
 * Whether every word of `query` occurs in one of `texts`, whatever the case. An empty query takes
 * everything.
 */
export function matchesWords(query: string, texts: readonly (string | null)[]): boolean {
  const haystack = texts.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}
