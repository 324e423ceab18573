export type Token = {
  readonly kind: "number" | "string" | "name" | "mark" | "end";
  readonly text: string;
};

const TOKEN =
  /(?:[ \t\r]|\\\n|#[^\n]*)*(?:(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|("(?:[^"\\\n]|\\.)*")|([A-Za-z_]\w*)|(\+\+|--|\+=|-=|\*=|\/=|%=|==|<=|>=|!=|!~|&&|\|\||\*\*|[-+*/%^!<>=~?:,;(){}[\]$\n|]))/y;

/** The token at a place, blanks and comments passed over; null if none can be read. */
export function tokenAt(source: string, at: number): { token: Token; end: number } | null {
  TOKEN.lastIndex = at;
  const match = TOKEN.exec(source);
  if (match === null) {
    const rest = source.slice(at).replace(/#[^\n]*/g, "");
    return rest.trim() === "" ? { token: { kind: "end", text: "" }, end: source.length } : null;
  }
  const [, number, string, name, mark = ""] = match;
  const end = TOKEN.lastIndex;
  if (number !== undefined) return { token: { kind: "number", text: number }, end };
  if (string !== undefined) return { token: { kind: "string", text: string }, end };
  if (name !== undefined) return { token: { kind: "name", text: name }, end };
  return { token: { kind: "mark", text: mark }, end };
}
