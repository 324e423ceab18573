const FIRST_PORT = 1024;
const LAST_PORT = 65535;
const STEP = 10_000;

/**
 * Where a real port may be served by an ordinary user, best first: itself from 1024 on, else 10,000
 * above; then every 10,000 further up (22: 10022, 20022, ..., 60022).
 */
export function candidatePorts(port: number): readonly number[] {
  const candidates: number[] = [];
  for (let at = port < FIRST_PORT ? port + STEP : port; at <= LAST_PORT; at += STEP) {
    candidates.push(at);
  }
  return candidates;
}

/** Whether an address is one of 127.0.0.0/8 (RFC 1122, section 3.2.1.3). */
export function isLoopbackIp(ip: string): boolean {
  return /^127(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(ip);
}
