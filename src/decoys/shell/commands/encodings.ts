import { createHash } from "node:crypto";
import { type Call, fail, optionsOf } from "../call.ts";
import type { Running } from "../shell.ts";
import { sourcesOf } from "./sources.ts";

function* base64(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "diw:", ["wrap"]);
  const { sources, rc } = yield* sourcesOf(call, operands.slice(0, 1));
  const text = sources[0]?.text ?? "";
  if (flags.has("d") || flags.has("decode") || flags.has("D")) {
    call.out(Buffer.from(text.replace(/\s/g, ""), "base64").toString("latin1"));
    if (!/^[A-Za-z0-9+/=\s]*$/.test(text)) return fail(call, "invalid input");
    return rc;
  }
  const encoded = Buffer.from(text, "latin1").toString("base64");
  const wrap = Number(values.get("w") ?? values.get("wrap") ?? 76);
  if (encoded !== "")
    call.out(
      wrap > 0
        ? `${encoded.match(new RegExp(`.{1,${Math.min(wrap, 10_000)}}`, "g"))?.join("\n")}\n`
        : encoded,
    );
  return rc;
}

function digest(algorithm: string) {
  return function* (call: Call): Running {
    const { operands } = optionsOf(call.args, null);
    const { sources, rc } = yield* sourcesOf(call, operands);
    for (const { name, text } of sources) {
      const hash = createHash(algorithm).update(Buffer.from(text, "latin1")).digest("hex");
      call.out(`${hash}  ${operands.length === 0 ? "-" : name}\n`);
    }
    return rc;
  };
}

function* hexdump(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "Cn:v");
  const { sources, rc } = yield* sourcesOf(call, operands);
  const text = sources
    .map((source) => source.text)
    .join("")
    .slice(0, Math.min(Number(values.get("n") ?? 65_536), 65_536));
  for (let at = 0; at < text.length; at += 16) {
    const bytes = text
      .slice(at, at + 16)
      .split("")
      .map((char) => char.charCodeAt(0).toString(16).padStart(2, "0"));
    const offset = at.toString(16);
    if (flags.has("C") || call.name === "hd") {
      const hex = `${bytes.slice(0, 8).join(" ").padEnd(23)}  ${bytes.slice(8).join(" ").padEnd(23)}`;
      call.out(
        `${offset.padStart(8, "0")}  ${hex}  |${text.slice(at, at + 16).replace(/[^ -~]/g, ".")}|\n`,
      );
    } else {
      const words: string[] = [];
      for (let pair = 0; pair < bytes.length; pair += 2)
        words.push(`${bytes[pair + 1] ?? "00"}${bytes[pair]}`);
      call.out(`${offset.padStart(7, "0")} ${words.join(" ")}\n`);
    }
  }
  if (text.length > 0)
    call.out(`${text.length.toString(16).padStart(flags.has("C") ? 8 : 7, "0")}\n`);
  return rc;
}

/** od(1), by bytes and words, and xxd(1). */
function* octal(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "A:t:N:j:vcxbdo");
  const { sources, rc } = yield* sourcesOf(call, operands);
  const all = sources.map((source) => source.text).join("");
  const text = all.slice(0, Math.min(Number(values.get("N") ?? 65_536), 65_536));
  const type =
    values.get("t") ??
    (flags.has("c") ? "c" : flags.has("x") ? "x2" : flags.has("b") ? "o1" : "o2");
  const base = values.get("A") ?? "o";
  const radix = { d: 10, x: 16, n: 0 }[base] ?? 8;
  const place = (at: number) =>
    radix === 0 ? "" : at.toString(radix).padStart(base === "x" ? 6 : 7, "0");
  const size = Number(
    /\d/.exec(type)?.[0] ?? (type.startsWith("c") || type.startsWith("a") ? 1 : 2),
  );
  for (let at = 0; at < text.length; at += 16) {
    const row = Buffer.from(text.slice(at, at + 16), "latin1");
    let cells = "";
    for (let index = 0; index < row.length; index += size) {
      const word = Buffer.concat([row.subarray(index, index + size), Buffer.alloc(8)]).readUIntLE(
        0,
        Math.min(size, 6),
      );
      cells += type.startsWith("c") ? characterOf(word) : ` ${wordOf(word, type, size)}`;
    }
    call.out(`${place(at)}${cells}\n`);
  }
  if (radix !== 0) call.out(`${place(text.length)}\n`);
  return rc;
}

function wordOf(word: number, type: string, size: number): string {
  if (type.startsWith("x")) return word.toString(16).padStart(size * 2, "0");
  if (type.startsWith("u") || type.startsWith("d")) return String(word).padStart(size * 3);
  return word.toString(8).padStart(size * 3, "0");
}

function characterOf(code: number): string {
  const named: Readonly<Record<number, string>> = {
    0: "\\0",
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    13: "\\r",
  };
  const shown =
    named[code] ??
    (code >= 32 && code < 127 ? String.fromCharCode(code) : code.toString(8).padStart(3, "0"));
  return shown.padStart(4);
}

export const ENCODINGS = {
  base64,
  md5sum: digest("md5"),
  sha1sum: digest("sha1"),
  sha256sum: digest("sha256"),
  sha512sum: digest("sha512"),
  hexdump,
  hd: hexdump,
  od: octal,
};
