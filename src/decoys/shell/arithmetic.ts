const TOKEN =
  /\s*(0[xX][0-9a-fA-F]+|\d+|\$?[A-Za-z_]\w*|\*\*|\+\+|--|[-+*/%]=|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%()<>!~&|^?:=,])/y;
const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<", "<=", ">", ">="],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const MAX_DEPTH = 40;

/**
 * Value of a `$((...))` (XCU 2.6.4) in 64-bit integers; 0 for what it cannot read.
 *
 * @param assign Sets a variable, for `=`, `+=` and their like, `++` and `--`.
 */
export function evaluateArithmetic(
  source: string,
  lookUp: (name: string) => string,
  assign: (name: string, value: string) => void = () => {},
): bigint {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  for (let at = 0; at < source.trimEnd().length; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null || tokens.length > 500) return 0n;
    tokens.push(match[1] ?? "");
  }
  let at = 0;
  const binary = (level: number, depth: number): bigint => {
    if (depth > MAX_DEPTH) return 0n;
    const operators = LEVELS[level];
    if (operators === undefined) return unary(depth);
    let left = binary(level + 1, depth);
    while (operators.includes(tokens[at] ?? "")) {
      const operator = tokens[at++] ?? "";
      left = BigInt.asIntN(64, apply(operator, left, binary(level + 1, depth)));
    }
    return left;
  };
  const unary = (depth: number): bigint => {
    const token = tokens[at++] ?? "0";
    if (depth > MAX_DEPTH) return 0n;
    if (token === "-") return -unary(depth + 1);
    if (token === "+") return unary(depth + 1);
    if (token === "!") return unary(depth + 1) === 0n ? 1n : 0n;
    if (token === "~") return ~unary(depth + 1);
    if (token === "(") {
      const value = binary(0, depth + 1);
      if (tokens[at] === ")") at++;
      return value;
    }
    if ((token === "++" || token === "--") && /^[A-Za-z_]/.test(tokens[at] ?? "")) {
      return set(tokens[at++] ?? "", token.charAt(0), 1n);
    }
    if (!/^[$A-Za-z_]/.test(token)) return number(token);
    const name = token.replace("$", "");
    const next = tokens[at] ?? "";
    if (next === "++" || next === "--") {
      at++;
      const before = number(lookUp(name));
      set(name, next.charAt(0), 1n);
      return before;
    }
    if (!/^[-+*/%]?=$/.test(next)) return number(lookUp(name));
    at++;
    return set(name, next.slice(0, -1), binary(0, depth + 1));
  };
  const set = (name: string, operator: string, by: bigint): bigint => {
    const made = operator === "" ? by : apply(operator, number(lookUp(name)), by);
    const value = BigInt.asIntN(64, made);
    assign(name, String(value));
    return value;
  };
  let value = binary(0, 0);
  while (tokens[at] === ",") {
    at++;
    value = binary(0, 0);
  }
  return value;
}

function number(token: string): bigint {
  const text = token.trim();
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  return /^(?:-?\d{1,19}|0[xX][0-9a-fA-F]{1,16})$/.test(text) ? BigInt(text) : 0n;
}

function apply(operator: string, left: bigint, right: bigint): bigint {
  const truth = (value: boolean) => (value ? 1n : 0n);
  switch (operator) {
    case "||":
      return truth(left !== 0n || right !== 0n);
    case "&&":
      return truth(left !== 0n && right !== 0n);
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "&":
      return left & right;
    case "==":
      return truth(left === right);
    case "!=":
      return truth(left !== right);
    case "<":
      return truth(left < right);
    case "<=":
      return truth(left <= right);
    case ">":
      return truth(left > right);
    case ">=":
      return truth(left >= right);
    case "<<":
      return left << (right & 63n);
    case ">>":
      return left >> (right & 63n);
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0n ? 0n : left / right;
    default:
      return right === 0n ? 0n : left % right;
  }
}
