import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import type { Decoy, DecoyContext, DecoySession } from "../decoy.ts";
import { hostKeysOf } from "../shell/host-keys.ts";
import { loginsOf } from "../shell/logins.ts";
import { createMachine, type Machine } from "../shell/machine.ts";
import { type Offer, offerOf } from "./algorithms.ts";
import { serveChannels } from "./channels.ts";
import { announceHostKeys, disconnectTooMany, speakAsOpenssh } from "./openssh.ts";
import { fingerprintOf, hasshOf, readHello } from "./protocol.ts";

/** sshd_config(5): LoginGraceTime and MaxAuthTries. */
const LOGIN_GRACE_MS = 120_000;
const MAX_AUTH_TRIES = 6;
/** How long PAM lets a wrong password wait. */
const FAILED_MS = 1600;
const FAILED_SPREAD_MS = 1200;
const MAX_HELLO_BYTES = 48 * 1024;
const NEVER_MS = 2_147_483_647;

/** One decky's sshd. */
interface Site {
  readonly context: DecoyContext;
  readonly machine: Machine;
  readonly server: InstanceType<typeof ssh2.Server>;
  /** What to do once the library has read the identification of a stream's client. */
  readonly expected: WeakMap<Duplex, (client: Connection) => void>;
  readonly offer: Offer;
  readonly keyBlobs: readonly Buffer[];
  readonly methods: readonly ("publickey" | "password")[];
  admits(user: string, password: string): boolean;
}

export const sshDecoy: Decoy = {
  service: "ssh",
  create(context) {
    const { persona } = context;
    const logins = loginsOf(persona, context.config);
    const machine = createMachine(
      persona,
      logins.map((login) => login.user),
    );
    let site: Promise<Site> | null = null;
    const open = async (): Promise<Site> => {
      const hostKeys = await hostKeysOf(persona);
      const ident = persona.release.versions["ssh"] ?? "OpenSSH_8.4p1 Debian-5+deb11u3";
      const server = new ssh2.Server({
        hostKeys: [...hostKeys],
        ident,
        keepaliveInterval: NEVER_MS,
      });
      const expected: Site["expected"] = new WeakMap();
      server.on("connection", (client) => {
        expected.get((client as unknown as { readonly _sock: Duplex })["_sock"])?.(client);
      });
      return {
        context,
        machine,
        server,
        expected,
        offer: offerOf(ident),
        keyBlobs: hostKeys.map((key) => publicBlob(key)),
        methods: ["publickey", "password"],
        admits: (user, password) =>
          logins.some((login) => login.user === user && login.password === password),
      };
    };
    return (stream, session) => {
      // Keys are made when somebody first asks: a host of a thousand deckies starts without them.
      site ??= open();
      stream.on("error", () => {});
      stream.pause();
      void serveOnce(site, stream, session);
    };
  },
};

/** Serves a connection once the keys are there, unless it is gone by then. */
async function serveOnce(
  site: Promise<Site>,
  stream: Duplex,
  session: DecoySession,
): Promise<void> {
  const ready = await site;
  if (!stream.destroyed) serve(ready, stream, session);
}

function publicBlob(pem: string): Buffer {
  const parsed = ssh2.utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  return parsed.getPublicSSH();
}

function serve(site: Site, stream: Duplex, session: DecoySession): void {
  const { context, server } = site;
  const callOff = context.after(LOGIN_GRACE_MS, () => stream.destroy());
  stream.once("close", callOff);
  watchHello(site, stream, session);
  site.expected.set(stream, (client) => {
    speakAsOpenssh(client, site.offer, site.methods);
    let told = false;
    client.on("error", (error: Error & { level?: string }) => {
      if (told || error.level === "socket" || error.level === "client-socket") return;
      told = true;
      session.emit("ssh.malformed", { reason: error.message.slice(0, 256) });
    });
    authenticate(site, client, stream, session, callOff);
  });
  server.injectSocket(stream as Socket);
}

/** Reads along, while nothing is encrypted yet, what the client tells of itself. */
function watchHello(site: Site, stream: Duplex, session: DecoySession): void {
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
    const progress = readHello(seen);
    if (progress.kind === "more" && seen.length < MAX_HELLO_BYTES) return;
    stream.off("data", onData);
    if (progress.kind === "wrong") {
      session.emit("ssh.malformed", {
        reason: progress.reason,
        bytes: seen.toString("latin1", 0, 1024),
      });
      if (progress.reason === "no identification" && stream.writable) {
        stream.write(complaint(site.machine));
      }
    } else if (progress.kind === "hello" && progress.hello.kexInit !== null) {
      const { ident, kexInit } = progress.hello;
      session.emit("ssh.client", {
        ident,
        hassh: hasshOf(kexInit),
        kex: kexInit.kex,
        host_key: kexInit.hostKey,
        cipher: kexInit.cipher,
        mac: kexInit.mac,
        compression: kexInit.compress,
      });
    }
  };
  stream.on("data", onData);
}

/** What sshd writes before it hangs up on something that is no SSH. */
function complaint(machine: Machine): string {
  const version = machine.persona.release.versions["ssh"] ?? "";
  return version.startsWith("OpenSSH_7")
    ? "Protocol mismatch.\n"
    : "Invalid SSH identification string.\r\n";
}

function authenticate(
  site: Site,
  client: Connection,
  stream: Duplex,
  session: DecoySession,
  callOff: () => void,
): void {
  const { context } = site;
  let failures = 0;
  let attempts = 0;
  let user = "";
  const refuse = (attempt: AuthContext) => {
    if (stream.destroyed || !stream.writable) return;
    const counts = attempt.method !== "none" || attempts > 1;
    if (counts && ++failures >= MAX_AUTH_TRIES) {
      disconnectTooMany(client);
      stream.end();
      return;
    }
    attempt.reject([...site.methods]);
  };
  client.on("authentication", (attempt) => {
    attempts++;
    user = attempt.username;
    const data = { user, method: attempt.method };
    switch (attempt.method) {
      case "password": {
        // A request to change the password brings two, in an object.
        const { password } = attempt;
        const success = typeof password === "string" && site.admits(user, password);
        session.emit("ssh.login.attempt", {
          ...data,
          password: typeof password === "string" ? password : null,
          success,
        });
        if (success) {
          attempt.accept();
          return;
        }
        const waitMs =
          FAILED_MS + context.persona.pick(`ssh.wait:${context.nowMs()}`, FAILED_SPREAD_MS);
        stream.once(
          "close",
          context.after(waitMs, () => refuse(attempt)),
        );
        return;
      }
      case "publickey":
        session.emit("ssh.login.attempt", {
          ...data,
          key_type: attempt.key.algo,
          fingerprint: fingerprintOf(attempt.key.data),
          success: false,
        });
        refuse(attempt);
        return;
      case "none":
      case "hostbased":
      case "keyboard-interactive":
        session.emit("ssh.login.attempt", { ...data, success: false });
        refuse(attempt);
    }
  });
  client.on("ready", () => {
    callOff();
    announceHostKeys(client, site.keyBlobs);
    serveChannels({ context, machine: site.machine, client, stream, session, user });
  });
}
