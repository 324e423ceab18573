import type { WeakLogin } from "../../decoys/persona.ts";
import type { ApiShard } from "../../wire/api/decky.ts";

/** A name and password that let in, by decky; empty where none is known. */
export type WeakLogins = ReadonlyMap<string, WeakLogin>;

interface Trial {
  readonly command: (ip: string, port: number, user: string) => string;
  /** Whether it asks for a name and password. */
  readonly login?: true;
}

/** A real client for each service, in the order in which one would try them. */
const TRIALS: Readonly<Record<string, Trial>> = {
  ssh: { command: (ip, port, user) => `ssh -p ${port} ${user}@${ip}`, login: true },
  http: { command: (ip, port) => `curl -i http://${ip}:${port}/` },
  redis: { command: (ip, port) => `redis-cli -h ${ip} -p ${port} INFO server` },
  telnet: { command: (ip, port) => `telnet ${ip} ${port}`, login: true },
  example: { command: (ip, port) => `nc ${ip} ${port}` },
};

/** One command a service, each on the decky that offers little else. */
export function commandsToTry(shards: readonly ApiShard[], logins: WeakLogins): string[] {
  const plainFirst = shards.toSorted(
    (one, other) => Object.keys(one.services).length - Object.keys(other.services).length,
  );
  const lines = Object.entries(TRIALS).flatMap(([service, { command, login }]) => {
    for (const { name, services } of plainFirst) {
      const { running, ip, port } = services[service] ?? { running: false };
      if (!running || ip === undefined || port === undefined) continue;
      const known = logins.get(name);
      const remark = login && known !== undefined ? `# ${known.user} / ${known.password}` : "";
      return [{ text: command(ip, port, known?.user ?? "root"), remark }];
    }
    return [];
  });
  const width = Math.max(0, ...lines.map(({ text }) => text.length));
  return lines.map(({ text, remark }) => `${text.padEnd(width)}  ${remark}`.trimEnd());
}
