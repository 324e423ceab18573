import { scrypt, timingSafeEqual } from "node:crypto";

/** Cost of new hashes (RFC 7914): 128 MiB and about 0.4 s each; 2^17 as OWASP advises. */
const COST = { ln: 17, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** Of one who forges a hash in the database, too. */
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;

/** Letters and digits that nobody confuses when copying by hand; 32, so five bits each. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";

const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

type Random = (bytes: number) => Buffer;

/** Twenty characters, 100 bits, in groups of five. */
export function generatePassword(random: Random): string {
  const letters = [...random(20)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return letters.replace(/.{5}(?=.)/g, "$&-");
}

/** @returns The hash in PHC string format: `$scrypt$ln=17,r=8,p=1$salt$key`. */
export async function hashPassword(password: string, random: Random): Promise<string> {
  const salt = random(SALT_BYTES);
  const key = await derive(password, salt, COST, KEY_BYTES);
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${base64(salt)}$${base64(key)}`;
}

/**
 * @param passwordHash Null where there is no such account: answers false, after the same work.
 * @throws {Error} If the hash is not one that `hashPassword()` made.
 */
export async function isPassword(password: string, passwordHash: string | null): Promise<boolean> {
  if (passwordHash === null) {
    await derive(password, Buffer.alloc(SALT_BYTES), COST, KEY_BYTES);
    return false;
  }
  const [, ln, r, p, salt, key] = PHC.exec(passwordHash) ?? [];
  if (salt === undefined || key === undefined)
    throw new Error("stored password hash is unreadable");
  const expected = Buffer.from(key, "base64");
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt, "base64"), cost, expected.length);
  return timingSafeEqual(actual, expected);
}

function derive(
  password: string,
  salt: Buffer,
  { ln, r, p }: typeof COST,
  bytes: number,
): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: MAX_MEMORY_BYTES };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, bytes, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
