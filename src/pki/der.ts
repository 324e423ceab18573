/** One value of DER (ITU-T X.690), seen where it lies. */
export interface DerValue {
  readonly tag: number;
  /** Tag, length and content. */
  readonly whole: Uint8Array;
  readonly content: Uint8Array;
}

/** Tags that are read or written here. */
export const DER = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  sequence: 0x30,
} as const;

/** One value in its shortest form; its content is below 64 KiB. */
export function writeDer(tag: number, parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  if (length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content]);
}

/**
 * Reads the values that lie side by side in `bytes`, without going into them: no recursion, one
 * pass, no copies, so hostile bytes cost no more than honest ones.
 * @returns null unless they fill `bytes` exactly, each in its shortest form.
 */
export function readDer(bytes: Uint8Array): readonly DerValue[] | null {
  const values: DerValue[] = [];
  let start = 0;
  while (start < bytes.length) {
    const tag = bytes[start];
    const length = readLength(bytes, start + 1);
    // Tags of more than one byte occur in nothing that is read here.
    if (tag === undefined || (tag & 0x1f) === 0x1f || length === null) return null;
    const end = length.contentStart + length.contentBytes;
    if (end > bytes.length) return null;
    values.push({
      tag,
      whole: bytes.subarray(start, end),
      content: bytes.subarray(length.contentStart, end),
    });
    start = end;
  }
  return values;
}

/** Definite lengths below 64 KiB; nothing longer is ever handed in. */
function readLength(
  bytes: Uint8Array,
  at: number,
): { readonly contentStart: number; readonly contentBytes: number } | null {
  const [first = 0xff, second = 0, third = 0] = bytes.subarray(at, at + 3);
  if (first < 0x80) return { contentStart: at + 1, contentBytes: first };
  if (first === 0x81 && second >= 0x80) return { contentStart: at + 2, contentBytes: second };
  if (first === 0x82 && second > 0) {
    return { contentStart: at + 3, contentBytes: second * 256 + third };
  }
  return null;
}
