/** Algorithms that a build of sshd offers in its KEXINIT (RFC 4253, section 7.1), in its order. */
export interface Offer {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
  /** `server-sig-algs` of its EXT_INFO (RFC 8308). */
  readonly signature: readonly string[];
}

const words = (text: string): readonly string[] => text.split(/\s+/);

const CURVES =
  "curve25519-sha256 curve25519-sha256@libssh.org ecdh-sha2-nistp256 ecdh-sha2-nistp384 ecdh-sha2-nistp521";
/** myproposal.h, KEX_SERVER_KEX of 8.2 to 8.4. */
const KEX_82 = `${CURVES} diffie-hellman-group-exchange-sha256 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group14-sha256`;
/** Of 7.5 to 8.1. */
const KEX_75 = `${KEX_82} diffie-hellman-group14-sha1`;
/** Of 7.4 as Red Hat built it for its release 7. */
const KEX_EL7 = `${CURVES} diffie-hellman-group-exchange-sha256 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group-exchange-sha1 diffie-hellman-group14-sha256 diffie-hellman-group14-sha1 diffie-hellman-group1-sha1`;
/** What the system-wide policy DEFAULT of Red Hat's release 8 sets. */
const KEX_EL8 = `${CURVES} diffie-hellman-group-exchange-sha256 diffie-hellman-group14-sha256 diffie-hellman-group16-sha512 diffie-hellman-group18-sha512 diffie-hellman-group-exchange-sha1 diffie-hellman-group14-sha1`;

const CIPHERS =
  "chacha20-poly1305@openssh.com aes128-ctr aes192-ctr aes256-ctr aes128-gcm@openssh.com aes256-gcm@openssh.com";
const CIPHERS_EL8 =
  "aes256-gcm@openssh.com chacha20-poly1305@openssh.com aes256-ctr aes256-cbc aes128-gcm@openssh.com aes128-ctr aes128-cbc";

const MACS =
  "umac-64-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-256-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-sha1-etm@openssh.com umac-64@openssh.com umac-128@openssh.com hmac-sha2-256 hmac-sha2-512 hmac-sha1";
const MACS_EL8 =
  "hmac-sha2-256-etm@openssh.com hmac-sha1-etm@openssh.com umac-128-etm@openssh.com hmac-sha2-512-etm@openssh.com hmac-sha2-256 hmac-sha1 umac-128@openssh.com hmac-sha2-512";

/** Since 7.8 the SHA-2 signatures of RSA stand before the old one. */
const HOST_KEYS_78 = "rsa-sha2-512 rsa-sha2-256 ssh-rsa ecdsa-sha2-nistp256 ssh-ed25519";
const HOST_KEYS_OLD = "ssh-rsa rsa-sha2-512 rsa-sha2-256 ecdsa-sha2-nistp256 ssh-ed25519";

const SIGNATURES_82 =
  "ssh-ed25519 sk-ssh-ed25519@openssh.com ssh-rsa rsa-sha2-256 rsa-sha2-512 ssh-dss ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521 sk-ecdsa-sha2-nistp256@openssh.com";
const SIGNATURES_78 =
  "ssh-ed25519 ssh-rsa rsa-sha2-256 rsa-sha2-512 ssh-dss ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521";
const SIGNATURES_OLD = "rsa-sha2-256 rsa-sha2-512";

const STRICT = "kex-strict-s-v00@openssh.com";

/** Whether a distribution's update brought the answer to CVE-2023-48795 to this old release. */
function isStrict(software: string): boolean {
  const debian = /Debian-\d+\+deb(10|11)u(\d+)$/.exec(software);
  if (debian !== null) return Number(debian[2]) >= (debian[1] === "10" ? 4 : 3);
  const ubuntu = /^OpenSSH_8\.2p1 Ubuntu-4ubuntu0\.(\d+)$/.exec(software);
  return ubuntu !== null && Number(ubuntu[1]) >= 10;
}

/** @param software As in the identification: `OpenSSH_8.4p1 Debian-5+deb11u3`. */
export function offerOf(software: string): Offer {
  const [, major = "8", minor = "4"] = /^OpenSSH_(\d+)\.(\d+)/.exec(software) ?? [];
  const version = Number(major) * 10 + Number(minor);
  const redhat = !/ (Debian|Ubuntu)-/.test(software) && !software.includes("_7.6");
  const el7 = redhat && version < 80;
  const el8 = redhat && version >= 80;
  const kex = el7 ? KEX_EL7 : el8 ? KEX_EL8 : version >= 82 ? KEX_82 : KEX_75;
  return {
    kex: words(isStrict(software) ? `${kex} ${STRICT}` : kex),
    hostKey: words(version >= 78 ? HOST_KEYS_78 : HOST_KEYS_OLD),
    cipher: words(el8 ? CIPHERS_EL8 : CIPHERS),
    mac: words(el8 ? MACS_EL8 : MACS),
    compress: ["none", "zlib@openssh.com"],
    signature: words(
      version >= 82 ? SIGNATURES_82 : version >= 78 ? SIGNATURES_78 : SIGNATURES_OLD,
    ),
  };
}

export const isStrictOffer = (offer: Offer): boolean => offer.kex.includes(STRICT);
