import type { Capture } from "./captures.ts";
import type { Account } from "./machine.ts";

/** What a running command asks of whoever drives it; output waits in `Shell.output` meanwhile. */
export type Want =
  | { readonly kind: "sleep"; readonly ms: number }
  /** More standard input: text, or null at its end. `echo: false` while a password is typed. */
  | { readonly kind: "input"; readonly echo: boolean }
  /** A key, unseen, or null if none comes within `ms`. */
  | { readonly kind: "key"; readonly ms: number };

/** A computation that stops where it needs time or input, and ends with `T`. */
export type Running<T = number> = Generator<Want, T, string | null>;

export interface Chunk {
  readonly fd: 1 | 2;
  readonly text: string;
}

/** What a visitor did that is worth an event of its own. */
export type Deed =
  | {
      readonly kind: "download";
      readonly tool: string;
      readonly url: string;
      readonly file: string | null;
    }
  | ({ readonly kind: "file" } & Capture)
  /** A line of a script that the client sends, with its exit status. */
  | { readonly kind: "line"; readonly input: string; readonly rc: number };

/** Where the visitor sits: what `w`, `last` and SSH_CONNECTION tell of this session. */
export interface Seat {
  readonly user: string;
  readonly fromIp: string;
  readonly fromPort: number;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly loginMs: number;
  /** Such as `/dev/pts/0`; null without a terminal. */
  readonly tty: string | null;
  /** Value of TERM that the client sent. */
  readonly terminalType: string;
  /** Variables that the client sent and the server takes: LANG and LC_*. */
  readonly environment: ReadonlyMap<string, string>;
  readonly service: "ssh" | "telnet";
}

/** One shell within a session; `su` and `sh` stack another on it. */
export interface Frame {
  readonly account: Account;
  readonly cwd: string;
  readonly variables: Map<string, string>;
  readonly exported: Set<string>;
  readonly dialect: Dialect;
}

export interface Job {
  readonly number: number;
  readonly pid: number;
  readonly text: string;
  /** When it will have ended. */
  readonly endsMs: number;
  readonly rc: number;
}

/** Which program reads the lines: it shows in prompts and messages. */
export type Dialect = "bash" | "dash" | "ash";
