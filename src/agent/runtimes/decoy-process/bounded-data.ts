type Data = Readonly<Record<string, unknown>>;

/** Longest string of an event, UTF-8 bytes. */
const STRING_BYTES = 16 * 1024;
/** To this a second cut goes, where many long strings make a large whole. */
const SHORT_STRING_BYTES = 1024;

/**
 * Cuts what an attacker made long: strings to 16 KiB of UTF-8; if the whole then still exceeds
 * `maxBytes` as JSON, strings to 1 KiB; if that is not enough, all goes. Whenever something was
 * cut, the result has `truncated: true`.
 */
export function boundedData(data: Data, maxBytes: number): Data {
  for (const stringBytes of [STRING_BYTES, SHORT_STRING_BYTES]) {
    const cut = cutStrings(data, stringBytes);
    if (Buffer.byteLength(JSON.stringify(cut)) <= maxBytes) return cut;
  }
  return { truncated: true };
}

function cutStrings(data: Data, stringBytes: number): Data {
  let truncated = false;
  const text = JSON.stringify(data, (_key, value: unknown) => {
    if (typeof value !== "string" || Buffer.byteLength(value) <= stringBytes) return value;
    truncated = true;
    return cutText(value, stringBytes);
  });
  const cut = JSON.parse(text) as Data;
  return truncated ? { ...cut, truncated: true } : cut;
}

/** The longest beginning of `text` within `bytes` that cuts no character in two. */
function cutText(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
