const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  v: "\v",
};

/**
 * Undoes backslash escapes as `echo -e`, `printf` and `$'...'` do.
 *
 * @param zeroOctal Whether octal is written `\0nnn`, as for `echo -e`, else `\nnn`.
 */
export function unescape(value: string, zeroOctal: boolean): string {
  const octal = zeroOctal ? "0[0-7]{0,3}" : "[0-7]{1,3}";
  const pattern = new RegExp(`\\\\(x[0-9a-fA-F]{1,2}|${octal}|[\\s\\S])`, "g");
  return value.replace(pattern, (whole, code: string) => {
    if (code.length > 1 && code.startsWith("x")) {
      return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    }
    if (/^[0-7]+$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    if ("\\'\"?".includes(code)) return zeroOctal && code !== "\\" ? whole : code;
    return ESCAPES[code] ?? whole;
  });
}
