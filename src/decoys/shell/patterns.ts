import { bareText, type Word } from "./syntax.ts";

/** `a{b,c}d` and `{1..3}` of a word without quotes. */
export function expandBraces(word: Word): Word[] {
  const bare = bareText(word);
  if (bare === null || !bare.includes("{")) return [word];
  const budget = { left: 256 };
  return bracesOf(bare, budget).map((text) => [{ kind: "text", text, quoted: false }]);
}

function bracesOf(text: string, budget: { left: number }): string[] {
  const match = /^(.*?)\{([^{}]*(?:,[^{}]*)+|-?\d+\.\.-?\d+|[a-zA-Z]\.\.[a-zA-Z])\}(.*)$/s.exec(
    text,
  );
  if (match === null || --budget.left < 0) return [text];
  const [, before = "", inner = "", after = ""] = match;
  return choicesOf(inner).flatMap((choice) => bracesOf(before + choice + after, budget));
}

function choicesOf(inner: string): string[] {
  if (inner.includes(",")) return inner.split(",");
  const [from = "", to = ""] = inner.split("..");
  const letters = /^[a-zA-Z]$/.test(from);
  const start = letters ? from.charCodeAt(0) : Number(from);
  const end = letters ? to.charCodeAt(0) : Number(to);
  const count = Math.min(Math.abs(end - start) + 1, 1000);
  const step = end < start ? -1 : 1;
  return Array.from({ length: count }, (_, index) => {
    const value = start + index * step;
    return letters ? String.fromCharCode(value) : String(value);
  });
}

/** A shell pattern (XCU 2.13) as a regular expression for a whole string. */
export function globPattern(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern.charAt(at);
    const close = char === "[" ? pattern.indexOf("]", at + 2) : -1;
    if (char === "*") source += source.endsWith("[^]*") ? "" : "[^]*";
    else if (char === "?") source += "[^]";
    else if (close > 0) {
      const inner = pattern
        .slice(at + 1, close)
        .replace(/[\\\]]/g, "\\$&")
        .replace(/^!/, "^");
      source += `[${inner}]`;
      at = close;
    } else if (char === "\\" && at + 1 < pattern.length)
      source += escapeRegExp(pattern.charAt(++at));
    else source += escapeRegExp(char);
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return new RegExp(`^${escapeRegExp(pattern)}$`);
  }
}

const escapeRegExp = (value: string) => value.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
