import { type Command, type Sequence, type Simple, text, type Word } from "./syntax.ts";

/** What some ways of writing stand for: put into the few kinds of command that are run. */
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/** `name=value` as a word begins a command with it; else null. */
export function assignmentOf(word: Word): { name: string; value: Word } | null {
  const [first, ...rest] = word;
  if (first?.kind !== "text" || first.quoted) return null;
  const match = ASSIGNMENT.exec(first.text);
  if (match === null) return null;
  const tail = first.text.slice(match[0].length);
  const head: Word = tail === "" ? [] : [{ kind: "text", text: tail, quoted: false }];
  return { name: match[1] ?? "", value: [...head, ...rest] };
}

/** The command that `((...))` stands for. */
export const letCommand = (expression: string, line: number): Simple => ({
  kind: "simple",
  line,
  assignments: [],
  words: [[text("let")], [text(expression)]],
  redirects: [],
});

/** The loop that `for ((first; test; step))` stands for. */
export function countingLoop(parts: readonly string[], body: Command, line: number): Command {
  const [first = "", test = "", step = ""] = parts;
  const command = (part: string) => letCommand(part.trim() === "" ? "1" : part, line);
  const inOrder = (...commands: readonly Command[]): Sequence => ({
    kind: "sequence",
    items: commands.map((one) => ({ joiner: ";", command: one })),
  });
  const stepped = inOrder(body, command(step));
  return inOrder(command(first), {
    kind: "while",
    until: false,
    test: command(test),
    body: stepped,
  });
}
