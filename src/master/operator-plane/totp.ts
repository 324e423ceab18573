import { createHmac, timingSafeEqual } from "node:crypto";

/** RFC 6238 as every authenticator app has it: HMAC-SHA-1, 30 s, six digits. */
const STEP_MS = 30_000;
const DIGITS = 6;
/** Steps that a clock may be off, to either side. */
const SLACK_STEPS = 1;
/** As long as the hash (RFC 4226, section 4). */
const SECRET_BYTES = 20;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const RECOVERY_CODES = 10;

type Random = (bytes: number) => Buffer;

export function makeTotpSecret(random: Random): Buffer {
  return random(SECRET_BYTES);
}

/** @returns The step whose code it is, of those around now; null if it is none of theirs. */
export function matchTotp(secret: Buffer, code: string, nowMs: number): number | null {
  const now = Math.floor(nowMs / STEP_MS);
  let found: number | null = null;
  for (let step = now - SLACK_STEPS; step <= now + SLACK_STEPS; step += 1) {
    if (isSame(codeOf(secret, step), code)) found ??= step;
  }
  return found;
}

/** The code of the step that `nowMs` lies in (RFC 4226, section 5.3). */
export function totpAt(secret: Buffer, nowMs: number): string {
  return codeOf(secret, Math.floor(nowMs / STEP_MS));
}

function codeOf(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** DIGITS).padStart(DIGITS, "0");
}

/** What a QR code for an authenticator app holds: the Key URI Format. */
export function otpauthUri(secret: Buffer, operator: string): string {
  const query = new URLSearchParams({
    secret: base32(secret),
    issuer: "DECNET",
    algorithm: "SHA1",
    digits: String(DIGITS),
    period: String(STEP_MS / 1_000),
  });
  return `otpauth://totp/DECNET:${encodeURIComponent(operator)}?${query.toString()}`;
}

/** RFC 4648, section 6, without padding. */
export function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{1,5}/g) ?? [];
  return groups.map((group) => BASE32[Number.parseInt(group.padEnd(5, "0"), 2)]).join("");
}

/** Ten codes of 50 bits, such as `k7wq3-m2xpd`; each opens one session without the app. */
export function makeRecoveryCodes(random: Random): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => {
    const letters = [...random(10)]
      .map((byte) => BASE32[byte % 32])
      .join("")
      .toLowerCase();
    return `${letters.slice(0, 5)}-${letters.slice(5)}`;
  });
}

/** As it was made, however it was typed; null for what cannot be a recovery code. */
export function readRecoveryCode(text: string): string | null {
  const letters = text.toLowerCase().replace(/[\s-]/g, "");
  if (!/^[a-z2-7]{10}$/.test(letters)) return null;
  return `${letters.slice(0, 5)}-${letters.slice(5)}`;
}

function isSame(right: string, given: string): boolean {
  const [a, b] = [Buffer.from(right), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
