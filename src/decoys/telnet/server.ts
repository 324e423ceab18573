import type { Duplex } from "node:stream";
import type { Decoy, DecoyContext, DecoySession } from "../decoy.ts";
import type { WeakLogin } from "../persona.ts";
import { openVisit } from "../shell/guest-session.ts";
import { LineEditor } from "../shell/line-editor.ts";
import { loginsOf } from "../shell/logins.ts";
import { createMachine, type Machine } from "../shell/machine.ts";
import type { TerminalSize } from "../shell/recording.ts";
import { textOfBytes } from "../shell/tree.ts";
import type { Visit } from "../shell/visit.ts";
import { welcome } from "../shell/welcome.ts";
import {
  askTerminalType,
  dontOption,
  doOption,
  escapeData,
  OPTION,
  TelnetReader,
  willOption,
  wontOption,
} from "./protocol.ts";

/** login(1): how long it waits, how often it asks, and how long a failure takes. */
const LOGIN_TIMEOUT_MS = 60_000;
const MAX_TRIES = { busybox: 3, debian: 5, redhat: 3 } as const;
const FAILED_MS = 3000;
const MAX_AHEAD_BYTES = 16 * 1024;

interface Site {
  readonly context: DecoyContext;
  readonly machine: Machine;
  readonly logins: readonly WeakLogin[];
}

export const telnetDecoy: Decoy = {
  service: "telnet",
  create(context) {
    const logins = loginsOf(context.persona, context.config);
    const machine = createMachine(
      context.persona,
      logins.map((login) => login.user),
    );
    return (stream, session) =>
      new Line(context, { context, machine, logins }, stream, session).open();
  },
};

/** One client's line: negotiation, login, then the shell. */
class Line {
  private readonly site: Site;
  private readonly stream: Duplex;
  private readonly session: DecoySession;
  private readonly reader = new TelnetReader();
  private readonly editor = new LineEditor([]);
  private readonly answered = new Set<string>();
  private readonly device: boolean;
  private user: string | null = null;
  private tries = 0;
  private waiting = false;
  private ahead = "";
  private visit: Visit | null = null;
  private size: TerminalSize = { columns: 80, rows: 24 };
  private terminalType = "xterm";
  /** Whether the shell's first byte may be the second half of the key that ended the password. */
  private justEntered = false;
  private callOff: () => void = () => {};

  constructor(context: DecoyContext, site: Site, stream: Duplex, session: DecoySession) {
    this.site = site;
    this.stream = stream;
    this.session = session;
    this.device = site.machine.flavor === "busybox";
    this.callOff = context.after(LOGIN_TIMEOUT_MS, () => {
      this.send("\r\nLogin timed out after 60 seconds\r\n");
      stream.end();
    });
  }

  open(): void {
    const { stream } = this;
    stream.on("error", () => stream.destroy());
    stream.on("data", (chunk: Buffer) => this.receive(chunk));
    stream.on("end", () => {
      if (stream.writable) stream.end();
    });
    stream.on("close", () => {
      this.callOff();
      this.visit?.close();
    });
    const {
      echo,
      suppressGoAhead,
      terminalType,
      windowSize,
      terminalSpeed,
      displayLocation,
      newEnvironment,
    } = OPTION;
    // What telnetd of BusyBox and of Debian (netkit) send first: scanners know them by it.
    this.raw(
      this.device
        ? doOption(echo) + doOption(windowSize) + willOption(echo) + willOption(suppressGoAhead)
        : [terminalType, terminalSpeed, displayLocation, newEnvironment].map(doOption).join("") +
            willOption(suppressGoAhead) +
            doOption(windowSize) +
            willOption(echo),
    );
    for (const option of [echo, suppressGoAhead]) this.answered.add(`will ${option}`);
    for (const option of [
      echo,
      windowSize,
      terminalType,
      terminalSpeed,
      displayLocation,
      newEnvironment,
    ])
      this.answered.add(`do ${option}`);
    this.send(`${this.issue()}${this.loginPrompt()}`);
  }

  private issue(): string {
    const { release } = this.site.machine.persona;
    switch (this.site.machine.flavor) {
      case "busybox":
        return "\r\nWelcome to Buildroot\r\n";
      case "redhat":
        return `\r\nKernel ${release.kernelRelease} on an ${release.machine}\r\n`;
      case "debian":
      default:
        return `${release.prettyName.replace(/ \(.*/, "")}\r\n`;
    }
  }

  private loginPrompt(): string {
    return `${this.site.machine.persona.hostname.split(".")[0]} login: `;
  }

  private raw(text: string): void {
    if (this.stream.writable) this.stream.write(Buffer.from(text, "latin1"));
  }

  private send(text: string): void {
    this.raw(escapeData(text));
  }

  private receive(chunk: Buffer): void {
    for (const fact of this.reader.read(chunk)) {
      switch (fact.kind) {
        case "data":
          this.type(fact.bytes);
          break;
        case "interrupt":
          this.type("\x03");
          break;
        case "negotiation":
          this.negotiate(fact.verb, fact.option);
          break;
        case "malformed":
          if (!this.answered.has("malformed"))
            this.session.emit("telnet.malformed", { reason: fact.reason });
          this.answered.add("malformed");
          break;
        case "terminalType":
          if (/^[\w.+-]{1,64}$/.test(fact.name)) this.terminalType = fact.name;
          break;
        case "windowSize":
          this.resize(fact.columns, fact.rows);
          break;
      }
    }
  }

  /** Agrees to what it asked for itself, and refuses the rest once: never loops (RFC 854). */
  private negotiate(verb: "do" | "dont" | "will" | "wont", option: number): void {
    if (verb === "will" && option === OPTION.terminalType && !this.answered.has("type")) {
      this.answered.add("type");
      this.raw(askTerminalType());
    }
    if (verb !== "do" && verb !== "will") return;
    const key = verb === "do" ? `will ${option}` : `do ${option}`;
    if (this.answered.has(key)) return;
    this.answered.add(key);
    this.raw(verb === "do" ? wontOption(option) : dontOption(option));
  }

  private resize(columns: number, rows: number): void {
    if (columns === 0 || rows === 0) return;
    this.size = { columns, rows };
    this.visit?.resize(this.size);
  }

  private type(bytes: string): void {
    if (this.visit !== null) {
      this.visit.input(this.justEntered ? bytes.replace(/^[\n\0]/, "") : bytes);
      this.justEntered &&= bytes === "";
      return;
    }
    this.ahead = (this.ahead + bytes).slice(0, MAX_AHEAD_BYTES);
    while (this.ahead !== "" && !this.waiting && this.visit === null) {
      const key = this.ahead.charAt(0);
      this.ahead = this.ahead.slice(1);
      this.press(key);
    }
  }

  private press(key: string): void {
    const edit = this.editor.key(key);
    switch (edit.kind) {
      case "echo":
        if (edit.text !== "") this.send(edit.text);
        return;
      case "line":
        this.send("\r\n");
        this.take(edit.text);
        return;
      case "end":
        this.stream.end();
        return;
      case "interrupt":
        this.user = null;
        this.editor.echo = true;
        this.send(`\r\n${this.loginPrompt()}`);
        return;
      case "redraw":
        return;
    }
  }

  private take(line: string): void {
    if (this.user === null) {
      if (line.trim() === "") {
        this.send(this.loginPrompt());
        return;
      }
      this.user = line.trim();
      this.editor.echo = false;
      this.send("Password: ");
      return;
    }
    const user = textOfBytes(this.user);
    const password = textOfBytes(line);
    const success = this.site.logins.some(
      (login) => login.user === user && login.password === password,
    );
    this.session.emit("telnet.login.attempt", { user, password, success });
    this.user = null;
    this.editor.echo = true;
    if (success) {
      this.callOff();
      this.welcome(user);
      return;
    }
    this.waiting = true;
    const { context, machine } = this.site;
    const callOff = context.after(FAILED_MS, () => this.refuse(MAX_TRIES[machine.flavor]));
    this.stream.once("close", callOff);
  }

  private refuse(maxTries: number): void {
    this.waiting = false;
    this.send("Login incorrect\r\n");
    if (++this.tries >= maxTries) {
      if (!this.device) this.send(`Maximum number of tries exceeded (${maxTries})\r\n`);
      this.stream.end();
      return;
    }
    this.send(this.loginPrompt());
    this.type("");
  }

  private welcome(user: string): void {
    const { context, machine } = this.site;
    const { shell, visit } = openVisit({
      context,
      machine,
      session: this.session,
      service: "telnet",
      user,
      number: 1,
      terminal: { ...this.size, type: this.terminalType },
      environment: new Map(),
      write: (_, text) => this.send(text),
      ended: () => this.stream.end(),
    });
    this.visit = visit;
    visit.greet(welcome(shell));
    const rest = this.ahead;
    this.ahead = "";
    this.justEntered = true;
    this.type(rest);
  }
}
