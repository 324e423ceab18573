import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Persona } from "../persona.ts";
import { personaOf, type RunningDecoy } from "../testbed.ts";

/** Of Debian's ssh, so that nothing of the machine that tests matters. For tests only. */
export const OPTIONS = [
  "-F/dev/null",
  "-oStrictHostKeyChecking=no",
  "-oUserKnownHostsFile=/dev/null",
  "-oGlobalKnownHostsFile=/dev/null",
  "-oLogLevel=ERROR",
  "-oIdentityAgent=none",
  "-oIdentityFile=/dev/null",
  "-oPreferredAuthentications=password",
  "-oNumberOfPasswordPrompts=1",
];

export interface Result {
  readonly rc: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Debian's ssh as root of a decky, its password typed by sshpass. */
export async function ssh(
  decoy: RunningDecoy,
  password: string,
  args: readonly string[],
  input = "",
): Promise<Result> {
  const child = spawn("sshpass", ["-e", "ssh", ...OPTIONS, `-p${decoy.port}`, ...args], {
    env: { ...process.env, SSHPASS: password },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("latin1").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("latin1").on("data", (text: string) => (stderr += text));
  child.stdin.end(input);
  const [rc] = (await once(child, "close")) as [number];
  return { rc, stdout, stderr };
}

export const debian = (index: number) => personaOf("linux-server", index, { distro: "debian-11" });

export function passwordOf(persona: Persona): string {
  return persona.weakLogins.find((login) => login.user === "root")?.password ?? "";
}
