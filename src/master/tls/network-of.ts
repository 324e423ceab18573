import { isIPv6 } from "node:net";

/**
 * What counts as one client: an IPv4 address, or the whole /64 of an IPv6 address, since whoever
 * has one address of such a network can have all of them (RFC 4291, section 2.5.4).
 */
export function networkOf(address: string): string {
  // A listener for both families puts a prefix before an IPv4 address.
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
  if (!isIPv6(plain)) return plain;
  const [head = [], tail = []] = plain
    .replace(/%.*$/, "")
    .split("::")
    .map((part) => (part === "" ? [] : part.split(":")));
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => "0");
  return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`;
}
