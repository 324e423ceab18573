import { type Ask, neighborOf } from "../../neighbors.ts";
import { type Call, fail, optionsOf } from "../call.ts";
import { strftime } from "../dates.ts";
import type { Running } from "../shell.ts";
import { isListening } from "../sockets.ts";
import { isOwn } from "./network.ts";

/**
 * Programs that fetch files. Nothing is fetched: the name does not resolve or the address does not
 * answer, as on a machine behind a strict firewall. What was wanted is recorded.
 */
const RESOLVE_MS = 4000;
const CONNECT_MS = 15_000;
const MAX_URLS = 16;

interface Address {
  readonly url: string;
  readonly host: string;
  readonly port: string;
  readonly isNumeric: boolean;
  readonly file: string;
}

function addressOf(text: string): Address {
  const url = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const [, scheme = "http", authority = "", path = ""] =
    /^([a-z]+):\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  const [host = "", port] = (authority.split("@").at(-1) ?? "").split(":");
  const usual = { https: "443", ftp: "21" }[scheme.toLowerCase()] ?? "80";
  return {
    url,
    host,
    port: port ?? usual,
    isNumeric: /^[\d.]+$/.test(host),
    file: path.split(/[?#]/)[0]?.split("/").at(-1) || "index.html",
  };
}

function record(call: Call, tool: string, url: string, file: string | null): void {
  call.shell.did({ kind: "download", tool, url, file });
}

function* wget(call: Call): Running {
  const { flags, values, operands } = optionsOf(call.args, "O:o:P:t:T:qcbNSi:U:rnd4", [
    "timeout",
    "tries",
    "user-agent",
    "header",
    "output-document",
  ]);
  if (operands.length === 0) {
    call.err(
      "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n",
    );
    return 1;
  }
  const device = call.shell.machine.flavor === "busybox";
  const quiet = flags.has("q") || flags.has("quiet");
  const say = (text: string) => {
    if (!quiet && !device) call.err(text);
  };
  for (const operand of operands.slice(0, MAX_URLS)) {
    const { url, host, port, isNumeric, file } = addressOf(operand);
    record(call, "wget", url, values.get("O") ?? values.get("output-document") ?? file);
    say(
      `--${strftime("%F %T", call.shell.nowMs(), call.shell.machine.persona.timeZone)}--  ${url}\n`,
    );
    if (isOwn(call, host) && !isListening(call.shell.machine, Number(port))) {
      const address = isNumeric ? host : "127.0.0.1";
      if (!isNumeric) say(`Resolving ${host} (${host})... ${address}\n`);
      say(
        `Connecting to ${host}${isNumeric ? "" : ` (${host})|${address}|`}:${port}... failed: Connection refused.\n`,
      );
      if (device) call.err(`wget: can't connect to remote host (${address}): Connection refused\n`);
    } else if (isNumeric) {
      say(`Connecting to ${host}:${port}... `);
      yield { kind: "sleep", ms: CONNECT_MS };
      say("failed: Connection timed out.\nRetrying.\n\n");
      if (device)
        call.err(
          `Connecting to ${host} (${host}:${port})\nwget: can't connect to remote host (${host}): Connection timed out\n`,
        );
    } else {
      say(`Resolving ${host} (${host})... `);
      yield { kind: "sleep", ms: RESOLVE_MS };
      say("failed: Temporary failure in name resolution.\n");
      if (device) call.err(`wget: bad address '${host}'\n`);
      else say(`wget: unable to resolve host address \xe2\x80\x98${host}\xe2\x80\x99\n`);
    }
  }
  return device ? 1 : 4;
}

/** A page of the machine's own web server, with as much of its head as is wanted. */
function fetchOwn(
  ask: Ask,
  url: string,
  host: string,
  shows: { readonly head: boolean; readonly headers: boolean },
): string {
  const path = /^[a-z]+:\/\/[^/]*(\/.*)?$/i.exec(url)?.[1] ?? "/";
  const method = shows.head ? "HEAD" : "GET";
  const answer = ask(
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: curl\r\nAccept: */*\r\n\r\n`,
  );
  return shows.head || shows.headers ? answer : answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

function* curl(call: Call): Running {
  const { flags, values, operands } = optionsOf(
    call.args,
    "o:H:A:d:X:u:m:e:x:T:b:c:F:r:k:sSfLOIivJ".replace("k:", "k"),
    ["output", "header", "user-agent", "data", "request", "max-time", "connect-timeout", "url"],
  );
  const urls = [...operands, ...(values.has("url") ? [values.get("url") ?? ""] : [])];
  if (urls.length === 0) {
    call.err("curl: try 'curl --help' or 'curl --manual' for more information\n");
    return 2;
  }
  const quiet =
    (flags.has("s") || flags.has("silent")) && !flags.has("S") && !flags.has("show-error");
  let rc = 0;
  for (const operand of urls.slice(0, MAX_URLS)) {
    const { url, host, port, isNumeric, file } = addressOf(operand);
    const output = values.get("o") ?? values.get("output") ?? (flags.has("O") ? file : null);
    record(call, "curl", url, output);
    const limit =
      Number(
        values.get("m") ?? values.get("max-time") ?? values.get("connect-timeout") ?? Number.NaN,
      ) * 1000;
    if (isOwn(call, host) && !isListening(call.shell.machine, Number(port))) {
      rc = 7;
      if (!quiet) {
        call.err(`curl: (7) Failed to connect to ${host} port ${port}: Connection refused\n`);
      }
      continue;
    }
    const own = isOwn(call, host)
      ? neighborOf(call.shell.machine.persona, Number(port))
      : undefined;
    if (own !== undefined) {
      const shows = { head: flags.has("I"), headers: flags.has("i") };
      const text = fetchOwn(own, url, host, shows);
      if (output === null) call.out(text);
      else call.shell.disk.write(call.shell.cwd, output, text);
      rc = 0;
      continue;
    }
    const usual = isNumeric ? CONNECT_MS : RESOLVE_MS;
    const ms = limit > 0 ? Math.min(limit, usual) : usual;
    yield { kind: "sleep", ms };
    rc = isNumeric ? 28 : 6;
    if (quiet) continue;
    call.err(
      isNumeric
        ? `curl: (28) Failed to connect to ${host} port ${port}: Connection timed out\n`
        : `curl: (6) Could not resolve host: ${host}\n`,
    );
  }
  return rc;
}

function* tftp(call: Call): Running {
  const { values, operands } = optionsOf(call.args, "l:r:gpb:c:", []);
  const host = operands.find((operand) => operand !== "get");
  const remote =
    values.get("r") ?? operands.at(operands.indexOf("get") + 1) ?? values.get("l") ?? "";
  if (host === undefined) {
    call.err("Usage: tftp [OPTIONS] HOST [PORT]\n");
    return 1;
  }
  record(call, "tftp", `tftp://${host}/${remote}`, values.get("l") ?? remote);
  yield { kind: "sleep", ms: CONNECT_MS };
  return fail(call, /^[\d.]+$/.test(host) ? "timeout" : `bad address '${host}'`);
}

function* ftpget(call: Call): Running {
  const { operands } = optionsOf(call.args, "u:p:P:vc");
  const [host, local = "", remote = local] = operands;
  if (host === undefined) {
    call.err("Usage: ftpget [OPTIONS] HOST [LOCAL_FILE] REMOTE_FILE\n");
    return 1;
  }
  record(call, call.name, `ftp://${host}/${remote}`, local);
  yield { kind: "sleep", ms: CONNECT_MS };
  return fail(
    call,
    /^[\d.]+$/.test(host)
      ? `can't connect to remote host (${host}): Connection timed out`
      : `bad address '${host}'`,
  );
}

export const DOWNLOADS = {
  wget,
  curl,
  tftp,
  ftpget,
  ftpput: ftpget,
  ftp: ftpget,
  lwp_download: curl,
};
