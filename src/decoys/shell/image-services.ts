import { createPublicKey } from "node:crypto";
import type { TreeBuilder } from "./builder.ts";
import { strftime } from "./dates.ts";
import { knownHostKeys } from "./host-keys.ts";
import type { Machine } from "./machine.ts";
import { webServer } from "./packages.ts";
import type { RunningDaemon } from "./processes.ts";

/** What the daemons of a machine have on its disk: pid files, units, settings, keys, logs. */
export function addServices(builder: TreeBuilder, machine: Machine): void {
  const { persona, daemons, flavor } = machine;
  for (const daemon of daemons) {
    const pid = daemon.running[0]?.pid;
    if (daemon.pidFile !== null && pid !== undefined) builder.file(daemon.pidFile, `${pid}\n`);
    if (flavor !== "busybox") addUnit(builder, machine, daemon);
  }
  if (flavor === "busybox") return;
  builder.file("/run/utmp", "", { mode: 0o664, gid: 43, bytes: 1536 });
  builder.directory("/run/systemd/system");
  if (persona.services.includes("ssh")) addSsh(builder, machine);
  if (persona.services.includes("http")) {
    if (webServer(persona) === "nginx") addNginx(builder, machine);
    else addApache(builder, machine);
  }
  if (persona.services.includes("redis")) addRedis(builder, machine);
}

function addUnit(builder: TreeBuilder, machine: Machine, daemon: RunningDaemon): void {
  const [unit = "", ...aliases] = daemon.units;
  const base = `${machine.flavor === "redhat" ? "/usr/lib" : "/lib"}/systemd/system`;
  const usr = base.replace(/^\/lib/, "/usr/lib");
  const name = unit.replace(/@.*/, "@");
  const command = daemon.running[0]?.command.replace(/^[\w.-]+: (?:master process )?/, "") ?? "";
  const forks = daemon.pidFile === null ? "" : `PIDFile=${daemon.pidFile}\n`;
  builder.file(
    `${usr}/${name}.service`,
    `[Unit]\nDescription=${daemon.description}\nAfter=network.target\n\n[Service]\n${forks}ExecStart=${command.replace(/ \[listener\].*/, "")}\n\n[Install]\nWantedBy=multi-user.target\n${aliases.map((alias) => `Alias=${alias}.service\n`).join("")}`,
  );
  if (!name.includes("systemd-"))
    builder.link(
      `/etc/systemd/system/multi-user.target.wants/${name}.service`,
      `${base}/${name}.service`,
    );
}

/** OpenSSH's form of a public key, out of its private one. */
function publicLine(machine: Machine, pem: string): string {
  const { hostname } = machine.persona;
  const blob = blobOf(pem);
  const type = blob.toString("latin1", 4, 4 + blob.readUInt32BE(0));
  return `${type} ${blob.toString("base64")} root@${hostname}\n`;
}

function blobOf(pem: string): Buffer {
  if (pem.includes("OPENSSH")) {
    const bytes = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    // Magic, cipher, derivation and its options, the count of keys: then the public half.
    const length = bytes.readUInt32BE(39);
    return bytes.subarray(43, 43 + length);
  }
  const key = createPublicKey(pem).export({ format: "jwk" });
  const field = (bytes: Buffer | string) => {
    const length = Buffer.alloc(4);
    const value = Buffer.from(bytes);
    length.writeUInt32BE(value.length);
    return Buffer.concat([length, value]);
  };
  const number = (text: string | undefined) => {
    const bytes = Buffer.from(text ?? "", "base64url");
    return field((bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
  };
  if (key.kty === "RSA") return Buffer.concat([field("ssh-rsa"), number(key.e), number(key.n)]);
  const point = [key.x, key.y].map((text) => Buffer.from(text ?? "", "base64url"));
  return Buffer.concat([
    field("ecdsa-sha2-nistp256"),
    field("nistp256"),
    field(Buffer.concat([Buffer.from([4]), ...point])),
  ]);
}

function addSsh(builder: TreeBuilder, machine: Machine): void {
  const { persona, flavor } = machine;
  const own = { mtimeMs: persona.installedMs };
  for (const [index, kind] of ["rsa", "ecdsa", "ed25519"].entries()) {
    const path = `/etc/ssh/ssh_host_${kind}_key`;
    const key = () => knownHostKeys(persona)[index] ?? "";
    builder.file(path, key, { ...own, mode: 0o600, bytes: [2602, 505, 411][index] ?? 505 });
    builder.file(`${path}.pub`, () => (key() === "" ? "" : publicLine(machine, key())), {
      ...own,
      bytes: [567, 175, 95].map((bytes) => bytes + persona.hostname.length + 5)[index] ?? 175,
    });
  }
  builder.file("/etc/ssh/sshd_config", sshdConfig(machine));
  builder.file(
    "/etc/ssh/ssh_config",
    "Host *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n",
  );
  builder.directory("/run/sshd");
  if (flavor === "debian") builder.file("/etc/default/ssh", "SSHD_OPTS=\n");
}

function sshdConfig({ persona, flavor }: Machine): string {
  const redhat = flavor === "redhat";
  const ciphers =
    persona.release.id === "centos-7"
      ? "Ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com\n"
      : "";
  const include = ["debian-11", "ubuntu-20.04"].includes(persona.release.id)
    ? "Include /etc/ssh/sshd_config.d/*.conf\n\n"
    : "";
  return `#\t$OpenBSD: sshd_config,v 1.103 2018/04/09 20:41:22 tj Exp $\n\n# This is the sshd server system-wide configuration file.  See\n# sshd_config(5) for more information.\n\n${include}#Port 22\n#ListenAddress 0.0.0.0\n${redhat ? "HostKey /etc/ssh/ssh_host_rsa_key\nHostKey /etc/ssh/ssh_host_ecdsa_key\nHostKey /etc/ssh/ssh_host_ed25519_key\nSyslogFacility AUTHPRIV\n" : ""}${ciphers}PermitRootLogin yes\n#MaxAuthTries 6\n#MaxSessions 10\n${redhat ? "AuthorizedKeysFile .ssh/authorized_keys\nPasswordAuthentication yes\n" : "#PasswordAuthentication yes\n"}ChallengeResponseAuthentication no\nUsePAM yes\nX11Forwarding yes\n${redhat ? "" : "PrintMotd no\n"}AcceptEnv LANG LC_*\nSubsystem\tsftp\t${redhat ? "/usr/libexec/openssh/sftp-server" : "/usr/lib/openssh/sftp-server"}\n`;
}

function addNginx(builder: TreeBuilder, machine: Machine): void {
  const debian = machine.flavor === "debian";
  const user = debian ? "www-data" : "nginx";
  const sites = debian
    ? "include /etc/nginx/conf.d/*.conf;\n\tinclude /etc/nginx/sites-enabled/*;"
    : "include /etc/nginx/conf.d/*.conf;";
  builder.file(
    "/etc/nginx/nginx.conf",
    `user ${user};\nworker_processes auto;\npid /run/nginx.pid;\n\nevents {\n\tworker_connections 768;\n}\n\nhttp {\n\tsendfile on;\n\ttcp_nopush on;\n\tkeepalive_timeout 65;\n\tinclude /etc/nginx/mime.types;\n\tdefault_type application/octet-stream;\n\taccess_log /var/log/nginx/access.log;\n\terror_log /var/log/nginx/error.log;\n\tgzip on;\n\t${sites}\n}\n`,
  );
  const root = debian ? "/var/www/html" : "/usr/share/nginx/html";
  const site = `server {\n\tlisten 80 default_server;\n\tlisten [::]:80 default_server;\n\n\troot ${root};\n\tindex index.html index.php;\n\tserver_name _;\n\n\tlocation / {\n\t\ttry_files $uri $uri/ =404;\n\t}\n}\n`;
  if (debian) {
    builder.file("/etc/nginx/sites-available/default", site);
    builder.link("/etc/nginx/sites-enabled/default", "/etc/nginx/sites-available/default");
    builder.directory("/etc/nginx/conf.d");
  } else builder.file("/etc/nginx/conf.d/default.conf", site);
  builder.file(
    "/etc/nginx/mime.types",
    "types {\n    text/html  html htm shtml;\n    text/css   css;\n}\n",
  );
  addWebLogs(builder, machine, "/var/log/nginx", debian ? 4 : 0);
}

function addApache(builder: TreeBuilder, machine: Machine): void {
  const { persona, flavor } = machine;
  const name = `${persona.hostname.toLowerCase()}.${persona.domain}`;
  if (flavor === "debian") {
    builder.file(
      "/etc/apache2/apache2.conf",
      "DefaultRuntimeDir ${APACHE_RUN_DIR}\nPidFile ${APACHE_PID_FILE}\nTimeout 300\nKeepAlive On\nMaxKeepAliveRequests 100\nKeepAliveTimeout 5\nUser ${APACHE_RUN_USER}\nGroup ${APACHE_RUN_GROUP}\nErrorLog ${APACHE_LOG_DIR}/error.log\nIncludeOptional mods-enabled/*.load\nInclude ports.conf\nIncludeOptional sites-enabled/*.conf\n",
    );
    builder.file("/etc/apache2/ports.conf", "Listen 80\n");
    builder.file(
      "/etc/apache2/sites-available/000-default.conf",
      `<VirtualHost *:80>\n\tServerName ${name}\n\tDocumentRoot /var/www/html\n\tErrorLog \${APACHE_LOG_DIR}/error.log\n\tCustomLog \${APACHE_LOG_DIR}/access.log combined\n</VirtualHost>\n`,
    );
    builder.link(
      "/etc/apache2/sites-enabled/000-default.conf",
      "../sites-available/000-default.conf",
    );
  } else {
    builder.file(
      "/etc/httpd/conf/httpd.conf",
      `ServerRoot "/etc/httpd"\nListen 80\nUser apache\nGroup apache\nServerName ${name}\nDocumentRoot "/var/www/html"\nErrorLog "logs/error_log"\nIncludeOptional conf.d/*.conf\n`,
    );
    builder.link("/etc/httpd/logs", "../../var/log/httpd");
  }
  addWebLogs(
    builder,
    machine,
    flavor === "debian" ? "/var/log/apache2" : "/var/log/httpd",
    flavor === "debian" ? 4 : 0,
  );
}

/** Logs that were turned over a short while ago, as on a server that few visit. */
function addWebLogs(builder: TreeBuilder, machine: Machine, folder: string, gid: number): void {
  const ending = folder.endsWith("httpd") ? "_log" : ".log";
  for (const name of ["access", "error"]) {
    builder.file(`${folder}/${name}${ending}`, "", { mode: 0o640, gid });
  }
  builder.directory(folder, { mode: machine.flavor === "debian" ? 0o755 : 0o700, gid });
}

function addRedis(builder: TreeBuilder, machine: Machine): void {
  const { persona, flavor } = machine;
  const redhat = flavor === "redhat";
  const [config, log] = redhat
    ? ["/etc/redis.conf", "/var/log/redis/redis.log"]
    : ["/etc/redis/redis.conf", "/var/log/redis/redis-server.log"];
  builder.file(
    config,
    `bind 0.0.0.0\nprotected-mode no\nport 6379\ntcp-backlog 511\ntimeout 0\ndaemonize ${redhat ? "no" : "yes"}\npidfile /var/run/redis/redis-server.pid\nloglevel notice\nlogfile ${log}\ndatabases 16\nsave 900 1\nsave 300 10\nsave 60 10000\nrdbcompression yes\ndbfilename dump.rdb\ndir /var/lib/redis\n`,
    { mode: 0o640 },
  );
  const daemon = machine.daemons.find(({ units }) => units.includes("redis"));
  const main = daemon?.running[0];
  const version = persona.release.versions["redis"] ?? "5.0.7";
  const stamp = strftime(
    "%d %b %Y %H:%M:%S",
    main?.startedMs ?? persona.bootedMs,
    persona.timeZone,
  );
  const head = `${main?.pid ?? 1}:M ${stamp}.${100 + persona.pick("redis.log", 900)}`;
  builder.file(
    log,
    `${head} # Server initialized\n${head} * Ready to accept connections\n`.replace(
      /^/,
      `${head} * Running mode=standalone, port=6379. Redis ${version}\n`,
    ),
  );
  builder.directory("/var/lib/redis", { mode: 0o750 });
  builder.file("/var/lib/redis/dump.rdb", "REDIS0009", { mode: 0o660 });
}
