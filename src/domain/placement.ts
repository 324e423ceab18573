/**
 * A loopback address for a decky, out of a hash of its name: 127.16.0.1 to 127.254.255.254, away
 * from what people give to things of their own.
 *
 * @param hash At least 3 bytes, unpredictable to others.
 */
export function loopbackAddress(hash: Uint8Array): string {
  const [a = 0, b = 0, c = 0] = hash;
  return `127.${16 + (a % 239)}.${b}.${1 + (c % 254)}`;
}
