import type { WeakLogin } from "../../decoys/persona.ts";
import type { ApiShard } from "../../wire/api/decky.ts";

/** A name and password that let in, by decky; empty where none is known. */
export type WeakLogins = ReadonlyMap<string, WeakLogin>;

/**
 * One command a service, for the first decky that runs it: real clients, real addresses. The SSH
 * line keeps no host key, since loopback addresses belong to other machines tomorrow.
 */
export function commandsToTry(shards: readonly ApiShard[], logins: WeakLogins): string[] {
  const seen = new Set<string>();
  const lines: (readonly [command: string, remark: string])[] = [];
  for (const shard of shards) {
    for (const [service, { running, ip, port }] of Object.entries(shard.services)) {
      const command = COMMANDS[service];
      if (!running || ip === undefined || port === undefined) continue;
      if (command === undefined || seen.has(service)) continue;
      seen.add(service);
      const login = logins.get(shard.name);
      const remark =
        login !== undefined && LOGIN_SERVICES.has(service)
          ? `# ${login.user} / ${login.password}`
          : "";
      lines.push([command(ip, port, login?.user ?? "root"), remark]);
    }
  }
  const width = Math.max(0, ...lines.map(([command]) => command.length));
  return lines.map(([command, remark]) => `${command.padEnd(width)}  ${remark}`.trimEnd());
}

const LOGIN_SERVICES: ReadonlySet<string> = new Set(["ssh", "telnet"]);

const COMMANDS: Readonly<Record<string, (ip: string, port: number, user: string) => string>> = {
  ssh: (ip, port, user) =>
    `ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p ${port} ${user}@${ip}`,
  http: (ip, port) => `curl -i http://${ip}:${port}/`,
  redis: (ip, port) => `redis-cli -h ${ip} -p ${port} INFO server`,
  telnet: (ip, port) => `telnet ${ip} ${port}`,
  example: (ip, port) => `nc ${ip} ${port}`,
};
