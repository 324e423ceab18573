/** Bytes of RFC 854, and of the options of RFC 857, 858, 1073 and 1091. */
const IAC = 255;
const DONT = 254;
const DO = 253;
const WONT = 252;
const WILL = 251;
const SB = 250;
const SE = 240;
const IP = 244;

export const OPTION = {
  echo: 1,
  suppressGoAhead: 3,
  terminalType: 24,
  windowSize: 31,
  terminalSpeed: 32,
  displayLocation: 35,
  newEnvironment: 39,
} as const;

/** What a stretch of bytes from a client says. */
export type TelnetFact =
  | { readonly kind: "data"; readonly bytes: string }
  | {
      readonly kind: "negotiation";
      readonly verb: "do" | "dont" | "will" | "wont";
      readonly option: number;
    }
  | { readonly kind: "terminalType"; readonly name: string }
  | { readonly kind: "windowSize"; readonly columns: number; readonly rows: number }
  | { readonly kind: "interrupt" }
  | { readonly kind: "malformed"; readonly reason: string };

const VERBS = new Map<number, "do" | "dont" | "will" | "wont">([
  [DO, "do"],
  [DONT, "dont"],
  [WILL, "will"],
  [WONT, "wont"],
]);
/** Longest subnegotiation that is kept; the rest of a longer one is passed over. */
const MAX_SUBNEGOTIATION_BYTES = 256;

/** Parts data from commands, however the bytes are cut into chunks. */
export class TelnetReader {
  private state: "data" | "command" | "option" | "sub" | "subCommand" = "data";
  private verb: "do" | "dont" | "will" | "wont" = "do";
  private sub: number[] = [];

  read(chunk: Buffer): TelnetFact[] {
    const facts: TelnetFact[] = [];
    let data = "";
    const flush = () => {
      if (data !== "") facts.push({ kind: "data", bytes: data });
      data = "";
    };
    for (const byte of chunk) {
      switch (this.state) {
        case "data":
          if (byte === IAC) this.state = "command";
          else data += String.fromCharCode(byte);
          break;
        case "command": {
          const verb = VERBS.get(byte);
          this.state = "data";
          if (byte === IAC) data += "\xff";
          else if (verb !== undefined) {
            this.verb = verb;
            this.state = "option";
          } else if (byte === SB) {
            this.sub = [];
            this.state = "sub";
          } else if (byte === IP) {
            flush();
            facts.push({ kind: "interrupt" });
          }
          break;
        }
        case "option":
          flush();
          facts.push({ kind: "negotiation", verb: this.verb, option: byte });
          this.state = "data";
          break;
        case "sub":
          if (byte === IAC) this.state = "subCommand";
          else if (this.sub.length < MAX_SUBNEGOTIATION_BYTES) this.sub.push(byte);
          break;
        case "subCommand":
          this.state = byte === SE ? "data" : "sub";
          if (byte === IAC && this.sub.length < MAX_SUBNEGOTIATION_BYTES) this.sub.push(byte);
          if (byte === SE) {
            flush();
            facts.push(...subnegotiation(this.sub));
          }
      }
    }
    flush();
    return facts;
  }
}

function subnegotiation(bytes: readonly number[]): TelnetFact[] {
  const [option, first = 0, second = 0, third = 0, fourth = 0] = bytes;
  if (option === undefined || bytes.length >= MAX_SUBNEGOTIATION_BYTES) {
    const reason = `subnegotiation ${option === undefined ? "without an option" : "too long"}`;
    return [{ kind: "malformed", reason }];
  }
  if (option === OPTION.terminalType && first === 0) {
    const name = String.fromCharCode(...bytes.slice(2)).toLowerCase();
    return [{ kind: "terminalType", name }];
  }
  if (option === OPTION.windowSize && bytes.length === 5) {
    return [{ kind: "windowSize", columns: first * 256 + second, rows: third * 256 + fourth }];
  }
  return [];
}

const command = (verb: number) => (option: number) => String.fromCharCode(IAC, verb, option);
export const doOption = command(DO);
export const dontOption = command(DONT);
export const willOption = command(WILL);
export const wontOption = command(WONT);

/** Asks for the terminal's name, once the client has agreed to tell (RFC 1091). */
export const askTerminalType = (): string =>
  String.fromCharCode(IAC, SB, OPTION.terminalType, 1, IAC, SE);

/** Text as it goes on the wire: IAC doubled, a lone carriage return followed by NUL. */
export function escapeData(text: string): string {
  return text.replaceAll("\xff", "\xff\xff").replace(/\r(?!\n)/g, "\r\0");
}
