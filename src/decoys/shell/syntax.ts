/** The command language of POSIX (XCU chapter 2), as far as a decoy's visitors use it. */
export type Part =
  | { readonly kind: "text"; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: "variable";
      readonly name: string;
      readonly quoted: boolean;
      /** `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `length`, `:` or none. */
      readonly operator: string;
      readonly argument: Word;
    }
  | { readonly kind: "substitution"; readonly script: string; readonly quoted: boolean }
  | { readonly kind: "arithmetic"; readonly text: string; readonly quoted: boolean };

export type Word = readonly Part[];

export interface Redirect {
  /** Descriptor that is redirected; -1 for both outputs. */
  readonly fd: number;
  readonly operator: "<" | ">" | ">>" | ">&" | "<<<";
  readonly target: Word;
}

export interface Simple {
  readonly kind: "simple";
  /** Of the text, from 1. */
  readonly line: number;
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
}

export interface Sequence {
  readonly kind: "sequence";
  /** `joiner` stands before its command: run it always, after success or after failure. */
  readonly items: readonly { readonly joiner: ";" | "&&" | "||"; readonly command: Command }[];
}

export interface Background {
  readonly kind: "background";
  readonly body: Command;
  /** As typed, without the `&`. */
  readonly text: string;
}

export type Command =
  | Simple
  | Sequence
  | { readonly kind: "pipeline"; readonly commands: readonly Command[]; readonly negated: boolean }
  | Background
  | {
      readonly kind: "group";
      readonly subshell: boolean;
      readonly body: Command;
      readonly redirects: readonly Redirect[];
    }
  | {
      readonly kind: "if";
      readonly branches: readonly { readonly test: Command; readonly body: Command }[];
      readonly otherwise: Command | null;
    }
  | {
      readonly kind: "while";
      readonly until: boolean;
      readonly test: Command;
      readonly body: Command;
    }
  | {
      readonly kind: "for";
      readonly name: string;
      readonly words: readonly Word[] | null;
      readonly body: Command;
    }
  | {
      readonly kind: "case";
      readonly subject: Word;
      readonly arms: readonly { readonly patterns: readonly Word[]; readonly body: Command }[];
    }
  | { readonly kind: "function"; readonly name: string; readonly body: Command };

/** Words that a stretch of shell text reads as, one by one. */
export type Token =
  | { readonly kind: "word"; readonly word: Word; readonly start: number; readonly end: number }
  | { readonly kind: "operator"; readonly text: string; readonly start: number }
  | { readonly kind: "redirect"; readonly redirect: Redirect; readonly start: number }
  | { readonly kind: "end"; readonly start: number };

export const text = (value: string, quoted = true): Part => ({ kind: "text", text: value, quoted });

/** The text of a word that is nothing but unquoted text; else null. Reserved words are such. */
export function bareText(word: Word): string | null {
  let all = "";
  for (const part of word) {
    if (part.kind !== "text" || part.quoted) return null;
    all += part.text;
  }
  return all;
}
