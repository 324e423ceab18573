import { isUtf8 } from "node:buffer";
import { STATUS_CODES } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import type { RecoveryBounds } from "../../domain/renewal.ts";
import type { Authorities } from "../../pki/authorities.ts";
import type { Authority } from "../../pki/authority.ts";
import type { RandomBytes } from "../../pki/issue.ts";
import { masterNameUnder } from "../../pki/trust.ts";
import { type Store, StoreUnavailable } from "../../store/store.ts";
import { parseEnrollmentRequest } from "../../wire/enrollment.ts";
import type { FieldFault } from "../../wire/fault.ts";
import {
  type ChallengeAnswer,
  parseChallengeRequest,
  parseRecoveryRequest,
} from "../../wire/renewal.ts";
import { listenOn } from "../listen.ts";
import { createContexts, type Presenter, type ServerCertificate } from "../presentation.ts";
import { limitCrowd } from "../tls/crowd.ts";
import { TLS_POLICY } from "../tls/policy.ts";
import { AddressBudget } from "./address-budget.ts";
import { type Answer, type HttpErrorCode, jsonAnswer, rawAnswer, refusal, send } from "./answer.ts";
import { type Challenges, createChallenges } from "./challenges.ts";
import { enrollHost } from "./enroll-host.ts";
import { recoverHost } from "./recover-host.ts";
import { LIMITS, type Refuse, type RequestReading, type Route, readRequest } from "./request.ts";

export interface EnrollmentDeps {
  readonly store: Pick<
    Store,
    "findToken" | "enrollHost" | "noteTrust" | "findPinnedKey" | "recoverHost" | "audited"
  >;
  readonly clock: Clock;
  readonly log: Log;
  readonly authorities: Authorities;
  readonly presenter: Presenter;
  readonly random: RandomBytes;
  /** Port 0 lets the system choose. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where agents reach the agent plane, as the answer tells them. */
  readonly agentPlane: { readonly host: string; readonly port: number };
  readonly agentCertificateTtlMs: number;
  /** How far hosts whose certificate ran out may help themselves. */
  readonly recoveryBounds: RecoveryBounds;
  /** Counts a refusal: those are of an attacker's making, so they are never rows. */
  readonly refused: (code: HttpErrorCode) => void;
}

export interface Enrollment {
  readonly port: number;
  /** Takes no more requests, lets those finish that are being written, and cuts the rest. */
  close(): Promise<void>;
}

/**
 * Opens the enrollment listener: TLS 1.2 or later under an authority, for who has no certificate
 * that counts: to enroll, by a join token, or to recover, by the key of one that ran out. It asks
 * for no client certificate.
 *
 * @throws {DecnetError} `port-in-use`, or `config-invalid` if it cannot listen for another reason.
 */
export async function openEnrollment(deps: EnrollmentDeps): Promise<Enrollment> {
  const { presenter, clock, log } = deps;
  const budget = new AddressBudget({ ...LIMITS, maxAddresses: LIMITS.addresses });
  const enrolling = new Set<Promise<unknown>>();
  const sockets = new Set<Duplex>();
  const challenges = createChallenges(deps.random);

  const secure = ({ keyPem, chainPem }: ServerCertificate) => ({
    ...TLS_POLICY,
    key: keyPem,
    cert: chainPem,
    sessionIdContext: "enrollment",
  });
  const contexts = createContexts(presenter.current(), secure);
  const server = createServer({
    ...secure(presenter.current().byDefault),
    SNICallback: contexts.choose,
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: LIMITS.handshakeMs,
    requestTimeout: LIMITS.requestMs,
    headersTimeout: LIMITS.headersMs,
    connectionsCheckingInterval: 500,
    maxHeaderSize: LIMITS.headerBytes,
  });
  server.maxConnections = LIMITS.connections;

  const refuse: Refuse = (code, detail, headers) => {
    deps.refused(code);
    return refusal(code, detail, headers);
  };

  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const turnedAway = () => deps.refused("overloaded");
  limitCrowd(server, { ...LIMITS, unprovenMs: LIMITS.handshakeMs + LIMITS.requestMs }, turnedAway);
  server.on("drop", turnedAway);
  server.on("tlsClientError", (error, socket) => {
    log.debug("handshake failed", { error: error.message });
    // There is no TLS to say anything over, and so nothing to wait for.
    socket.destroy();
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    const answer = late
      ? refuse("body-too-slow")
      : { ...refusal("body-invalid", "not an HTTP request"), status: 400 };
    socket.end(rawAnswer(answer, STATUS_CODES[answer.status] ?? ""));
  });
  server.on("request", (request, response) => {
    const answered = async () => {
      const reading = await readRequest(request, { budget, nowMs: clock.nowMs(), refuse });
      if (reading.kind === "gone") return;
      const answering = answerOf({ ...deps, challenges }, reading, refuse).then((answer) =>
        send(response, answer),
      );
      enrolling.add(answering);
      await answering.finally(() => enrolling.delete(answering));
    };
    answered().catch((error: unknown) => {
      log.error("enrollment listener failed", { error });
      request.socket.destroy();
    });
  });

  await listenOn(server, deps.listen);
  presenter.follow((presentation) => {
    contexts.show(presentation);
    server.setSecureContext(secure(presentation.byDefault));
  });

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await Promise.allSettled(enrolling);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

type Asked = Extract<RequestReading, { kind: "asked" }>;
type RouteDeps = EnrollmentDeps & { readonly challenges: Challenges };

async function answerOf(
  deps: RouteDeps,
  reading: Exclude<RequestReading, { kind: "gone" }>,
  refuse: Refuse,
): Promise<Answer> {
  if (reading.kind === "answered") return reading.answer;
  try {
    return await ROUTES[reading.route](deps, reading, refuse);
  } catch (error) {
    if (error instanceof StoreUnavailable) {
      deps.log.error("enrollment failed: store unavailable", { error });
      return refuse("store-unavailable", null, { "retry-after": "5" });
    }
    deps.log.error("enrollment failed", { error });
    return refuse("internal");
  }
}

const ROUTES: Readonly<
  Record<Route, (deps: RouteDeps, asked: Asked, refuse: Refuse) => Promise<Answer> | Answer>
> = {
  "/authority": ({ authorities }, { serverName }) => ({
    status: 200,
    headers: { "content-type": "application/x-pem-file" },
    body: shownTo(authorities, serverName).certificatePem,
  }),
  "/enroll": enroll,
  "/recover/challenge": challenge,
  "/recover": recover,
};

/** The authority under whose certificate this very connection was made. */
function shownTo(authorities: Authorities, serverName: string | null): Authority {
  const named = authorities
    .trusted()
    .find(({ fingerprint }) => masterNameUnder(fingerprint) === serverName);
  return named ?? authorities.oldest();
}

async function enroll(deps: RouteDeps, { body, address }: Asked, refuse: Refuse): Promise<Answer> {
  if (!isUtf8(body)) return refuse("body-not-json");
  const parsed = parseEnrollmentRequest(body.toString("utf8"));
  if (parsed.kind === "unreadable") return refuseBody(parsed, refuse);
  const nowMs = deps.clock.nowMs();
  const outcome = await enrollHost(deps, parsed.request, { address, nowMs });
  if (outcome.kind === "refused") return refuse(outcome.code, outcome.detail);

  const { host_uuid: hostUuid, host_name: hostName } = outcome.answer;
  deps.log.info("host enrolled", { hostUuid, hostName, address });
  return jsonAnswer(201, outcome.answer);
}

/** For any uuid, of a host or of none: whoever asks learns nothing by it. */
function challenge(deps: RouteDeps, { body }: Asked, refuse: Refuse): Answer {
  const parsed = parseChallengeRequest(body);
  if (parsed.kind === "unreadable") return refuseBody(parsed, refuse);
  const nowMs = deps.clock.nowMs();
  const nonce = deps.challenges.issue(parsed.request.host_uuid, nowMs);
  const answer: ChallengeAnswer = { nonce, now_ms: Math.trunc(nowMs) };
  return jsonAnswer(200, answer);
}

async function recover(deps: RouteDeps, { body, address }: Asked, refuse: Refuse): Promise<Answer> {
  const parsed = parseRecoveryRequest(body);
  if (parsed.kind === "unreadable") return refuseBody(parsed, refuse);
  const nowMs = deps.clock.nowMs();
  const { host_uuid: hostUuid } = parsed.request;
  const authority = deps.authorities.newest();
  const outcome = await recoverHost({ ...deps, authority }, parsed.request, { address, nowMs });
  if (outcome.kind === "refused") {
    if (outcome.proved) {
      deps.log.warn("recovery refused", { hostUuid, code: outcome.code, address });
    }
    return refuse(outcome.code, outcome.detail);
  }
  if (!outcome.again) {
    deps.log.warn("host recovered its expired certificate", { hostUuid, address });
  }
  return jsonAnswer(200, outcome.answer);
}

function refuseBody(
  { code, fields }: { readonly code: HttpErrorCode; readonly fields: readonly FieldFault[] },
  refuse: Refuse,
): Answer {
  return refuse(code, fields.length === 0 ? null : fields);
}
