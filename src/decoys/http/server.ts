import type { Duplex } from "node:stream";
import type { Decoy, DecoyContext, DecoySession } from "../decoy.ts";
import { offerToNeighbors } from "../neighbors.ts";
import { apache } from "./apache.ts";
import { type Answer, type Flavor, headerOf, type Refusal, type Request } from "./flavor.ts";
import { basicCredentials, formCredentials } from "./login.ts";
import { nginx } from "./nginx.ts";
import { type Body, type Head, RequestParser } from "./protocol.ts";
import { createSite, type Site } from "./site.ts";

/** What is told of one header line, and of how many. */
const TOLD_HEADERS = 100;
const TOLD_HEADER_BYTES = 1024;
const TOLD_MALFORMED_BYTES = 1024;
/**
 * nginx answers for a file without waiting for the body. A client that reads that stops sending, and
 * what it wanted to send is lost to us: so the body gets a moment to come.
 */
const EARLY_MS = 250;

/** The web server and the site of a persona. */
export const httpDecoy: Decoy = {
  service: "http",
  create(context) {
    const { persona } = context;
    const server = persona.release.versions["http"] ?? "nginx";
    const debian = persona.release.osId === "debian" || persona.release.osId === "ubuntu";
    const isApache = server.startsWith("Apache");
    const flavor = isApache
      ? apache({
          server,
          serverName: `${persona.hostname.toLowerCase()}.${persona.domain}`,
          debian,
          allowOffset: persona.pick("http.allow", 4),
        })
      : nginx({ server, gzip: debian });
    const site = createSite(persona, isApache);
    offerToNeighbors(persona, 80, (request) =>
      answerOnce(flavor, site, request, context.nowMs()).toString("latin1"),
    );
    return (stream, session) => new Connection(context, flavor, site, stream, session).start();
  },
};

/** The answer to one request that is there as a whole. */
function answerOnce(flavor: Flavor, site: Site, text: string, nowMs: number): Buffer {
  const parser = new RequestParser(flavor.limits);
  parser.push(Buffer.from(text, "latin1"));
  const item = parser.next();
  if (item?.kind !== "head") return Buffer.alloc(0);
  const request = flavor.judge(item.head);
  if (request.kind === "refused") return flavor.refusal(request, nowMs).bytes;
  return flavor.reply(request, site.answer(request, nowMs), { nowMs, served: 0 }).bytes;
}

class Connection {
  private readonly context: DecoyContext;
  private readonly flavor: Flavor;
  private readonly site: Site;
  private readonly stream: Duplex;
  private readonly session: DecoySession;
  private readonly parser: RequestParser;
  private cancelTimer = () => {};
  private cancelEarly = () => {};
  private served = 0;
  private betweenRequests = false;
  /** The request whose body is being read, and the status it got if it was answered already. */
  private current: { request: Request; status: number | null } | null = null;

  constructor(
    context: DecoyContext,
    flavor: Flavor,
    site: Site,
    stream: Duplex,
    session: DecoySession,
  ) {
    this.context = context;
    this.flavor = flavor;
    this.site = site;
    this.stream = stream;
    this.session = session;
    this.parser = new RequestParser(flavor.limits);
  }

  start(): void {
    const { stream } = this;
    stream.on("error", () => stream.destroy());
    stream.on("end", () => stream.end());
    stream.on("drain", () => stream.resume());
    stream.on("close", () => {
      this.cancelTimer();
      this.cancelEarly();
      // A body that never came whole is told as far as it came.
      if (this.current) this.tell(this.parser.partialBody());
    });
    stream.on("data", (chunk: Buffer) => {
      this.parser.push(chunk);
      this.read();
    });
    this.await();
  }

  /** Starts the time limit of what is awaited now, anew. */
  private await(): void {
    this.cancelTimer();
    if (this.stream.writableEnded) return;
    this.betweenRequests = this.parser.idle && this.served > 0;
    const ms = this.betweenRequests ? this.flavor.keepAliveMs : this.flavor.requestMs;
    this.cancelTimer = this.context.after(ms, () => {
      const words = this.parser.idle ? null : this.flavor.late(this.context.nowMs());
      this.parser.stop();
      if (words === null) this.stream.destroy();
      else this.stream.end(words);
    });
  }

  private read(): void {
    // A head has its time as a whole, so that a byte now and then does not hold the connection.
    let moved = this.betweenRequests || this.current !== null;
    for (let item = this.parser.next(); item !== null; item = this.parser.next()) {
      moved = true;
      if (item.kind === "head") this.takeHead(item.head);
      else if (item.kind === "body") this.takeBody(item.body);
      else this.refuse(this.flavor.refuse(item.fault), item.bytes);
    }
    if (moved) this.await();
  }

  private takeHead(head: Head): void {
    const request = this.flavor.judge(head);
    if (request.kind === "refused") {
      const text = [head.line, ...head.lines].join("\r\n");
      this.refuse(request, Buffer.from(text.slice(0, TOLD_MALFORMED_BYTES), "latin1"));
      return;
    }
    this.current = { request, status: null };
    const length = typeof request.framing === "object" ? request.framing.length : 0;
    this.parser.expectBody(request.framing);
    if (length > this.flavor.bodyBytes) {
      this.answer(request, { kind: "error", status: 413 });
      return;
    }
    if (request.framing === "none" || request.version < 11) return;
    const expects = headerOf(request, "expect")?.toLowerCase() === "100-continue";
    if (!this.flavor.answersEarly || this.site.isDynamic(request.path)) {
      if (expects) this.stream.write("HTTP/1.1 100 Continue\r\n\r\n");
      return;
    }
    const answer = () => this.answer(request, this.site.answer(request, this.context.nowMs()));
    if (expects) answer();
    else this.cancelEarly = this.context.after(EARLY_MS, answer);
  }

  private takeBody(body: Body): void {
    this.cancelEarly();
    const { current } = this;
    if (!current) return;
    const answered = current.status !== null;
    if (!answered) {
      const answer: Answer =
        body.fault === null
          ? this.site.answer(current.request, this.context.nowMs())
          : { kind: "error", status: 400 };
      this.answer(current.request, answer);
    }
    this.tell(body);
    if (body.fault !== null) this.finish();
  }

  private answer(request: Request, answer: Answer): void {
    const moment = { nowMs: this.context.nowMs(), served: this.served };
    const reply = this.flavor.reply(request, answer, moment);
    this.served++;
    if (this.current) this.current.status = reply.status;
    // Who sends and never reads is not read on.
    if (!this.stream.write(reply.bytes)) this.stream.pause();
    if (reply.close) this.finish();
  }

  private refuse(refusal: Refusal, bytes: Buffer): void {
    const reply = this.flavor.refusal(refusal, this.context.nowMs());
    this.session.emit("http.malformed", {
      reason: refusal.reason,
      bytes: bytes.toString("latin1").slice(0, TOLD_MALFORMED_BYTES),
      status: reply.status,
    });
    this.stream.write(reply.bytes);
    this.finish();
  }

  private finish(): void {
    const { current } = this;
    if (current) this.tell(this.parser.partialBody());
    this.parser.stop();
    if (!this.stream.writableEnded) this.stream.end();
  }

  private tell(body: Body): void {
    const { current } = this;
    if (!current) return;
    this.current = null;
    const { request, status } = current;
    const agent = headerOf(request, "user-agent");
    this.session.emit("http.request", {
      method: request.method,
      target: request.target,
      version: `${Math.floor(request.version / 10)}.${request.version % 10}`,
      headers: request.headers
        .slice(0, TOLD_HEADERS)
        .map(([name, value]) => [name, value.slice(0, TOLD_HEADER_BYTES)]),
      ...(agent !== undefined && { user_agent: agent }),
      ...(body.length > 0 && { body: body.bytes.toString("latin1"), body_bytes: body.length }),
      ...(status !== null && { status }),
    });
    const attempts = [
      ["basic", basicCredentials(request)],
      ["form", formCredentials(request, body.bytes)],
    ] as const;
    for (const [method, credentials] of attempts) {
      if (credentials === null) continue;
      const { target } = request;
      this.session.emit("http.login.attempt", { ...credentials, method, target });
    }
  }
}
