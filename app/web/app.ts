import path from "node:path";
import Koa from "koa";
import { HEARTBEAT_MS } from "../core/runtime/connection-registry";
import { isDisconnect } from "../core/runtime/departure";
import type { Logger } from "../core/runtime/log";
import type { Registry } from "../core/runtime/metrics";
import type { Tokens } from "../core/config/tokens";
import type { Api } from "./backend-client/api";
import { MessageRenderer } from "./pages/message-renderer";
import { ByteBudget } from "./forms/byte-budget";
import type { Identity } from "./identity/identity";
import { AddressLimits, type PerMinute } from "./limits/address-limits";
import { answerErrors } from "./middleware/answer-errors";
import { hideShared } from "./middleware/hide-shared";
import { identifyClient } from "./middleware/client-address";
import { compressPages } from "./middleware/compress-pages";
import { countRefusals } from "./middleware/count-refusals";
import { identifyVisitor, requirePerson } from "./middleware/identify-visitor";
import { keepTyped } from "./middleware/keep-typed";
import { limitRequests, limitSessions } from "./middleware/limit-requests";
import { observeRequests } from "./middleware/observe-requests";
import { readForm } from "./middleware/read-form";
import { refuseUnknown } from "./middleware/refuse-unknown";
import { readPreferences } from "./middleware/read-preferences";
import { reportTiming } from "./middleware/report-timing";
import { requireKnownHost } from "./middleware/require-known-host";
import { requireOrigin } from "./middleware/require-origin";
import { requireSameOrigin } from "./middleware/require-same-origin";
import { serveBelow } from "./middleware/serve-below";
import { sendStreams } from "./middleware/send-streams";
import { securityHeaders } from "./middleware/security-headers";
import { staticFiles } from "./middleware/static-files";
import { trackLocale } from "./middleware/track-locale";
import { trackScript } from "./middleware/track-script";
import type { WebState } from "./middleware/web-context";
import { webManifest } from "./middleware/web-manifest";
import { loadAssets } from "./rendering/assets";
import { TimeSlices } from "./rendering/time-slices";
import { createViews } from "./rendering/views";
import { chatRoutes } from "./routes/chat";
import { listRoutes } from "./routes/lists";
import { fileRoutes } from "./routes/files";
import { linkRoutes } from "./routes/links";
import { sharedRoutes } from "./routes/shared";
import { conversationRoutes } from "./routes/conversations";
import { answerProbes } from "./middleware/answer-preflight";
import { probeRoutes } from "./routes/probes";
import { importRoutes } from "./routes/imports";
import { dataRoutes } from "./routes/data";
import { projectRoutes } from "./routes/projects";
import { queueRoutes } from "./routes/queue";
import { replyRoutes } from "./routes/replies";
import { searchRoutes } from "./routes/search";
import { sessionRoutes } from "./routes/session";
import { settingsRoutes } from "./routes/settings";
import { requireSessionCookie } from "./sessions/require-session-cookie";
import { turnRoutes } from "./routes/turns";
import { createSessions } from "./sessions/sessions";
import type { SessionsOptions } from "./sessions/visitor-session";
import { EventStreams } from "./streaming/event-streams";
import { LiveReplies } from "./streaming/live-replies";

export interface WebAppDeps {
  /** The name under which this process shows itself on every page. */
  host: string;
  /** See {@link serveBelow}; none by default. */
  basePath?: string;
  sessions: Omit<SessionsOptions, "log" | "now">;
  /** Tells who visitors are, where they are signed in before they get here. */
  identity?: Identity;
  /** See {@link requireKnownHost}. */
  allowedHosts: readonly string[];
  /** See {@link requireOrigin}. */
  originSecrets?: Tokens;
  /** See {@link requireSameOrigin}. */
  allowedOrigins?: readonly string[];
  /** True if all subdomains of the host use TLS. */
  hasTlsSubdomains?: boolean;
  /** See {@link identifyClient}; none by default. */
  trustedProxies?: number;
  /** Requests of each kind from one address; none are limited by default. */
  limitsPerMinute?: Partial<PerMinute>;
  /** Open streams; not limited by default. */
  maxStreamsPerOwner?: number;
  /** The identity provider's sign-out address, if there is one. */
  signOutUrl?: string;
  api: Api;
  log: Logger;
  metrics: Registry;
  /** Milliseconds since 1970. */
  now: () => number;
  /** For preflight: who may probe, and what it then compares. */
  tokens: Tokens;
  drainSeconds: number;
  /** The longest silence of a stream; {@link HEARTBEAT_MS} by default. */
  heartbeatMs?: number;
  /** Why this process should get no new visitors, if it should not. */
  whyNotReady: () => string | undefined;
}

/** Files that are on their way at the same time, each with a connection to the backend. */
const UPLOADS = { total: 200, perClient: 20 };

export interface WebApp {
  app: Koa<WebState>;
  /** The replies that are being watched, for the drain. */
  streams: EventStreams;
}

/**
 * Everything that a request meets, in the order in which it meets it.
 *
 * @throws the file system's error if the templates or static files can't be read.
 */
export async function createWebApp(deps: WebAppDeps): Promise<WebApp> {
  const { log, metrics, now, heartbeatMs = HEARTBEAT_MS } = deps;
  const { basePath = "" } = deps;
  const assets = await loadAssets(path.join(__dirname, "public"), basePath);
  const render = createViews(path.join(__dirname, "views"), assets, basePath);
  const { maxStreamsPerOwner: maxPerOwner = 0 } = deps;
  const streams = new EventStreams(metrics, { heartbeatMs, maxPerOwner });
  const slices = new TimeSlices();
  const messages = new MessageRenderer(render, slices);
  const liveReplies = new LiveReplies(slices);
  const addressLimits = new AddressLimits(deps.limitsPerMinute ?? {}, () =>
    performance.now(),
  );
  const uploads = new ByteBudget(UPLOADS);
  const routeDeps = {
    addressLimits,
    uploads,
    ...deps,
    render,
    assets,
    streams,
    messages,
    liveReplies,
  };
  const routers = [
    listRoutes,
    chatRoutes,
    replyRoutes,
    queueRoutes,
    turnRoutes,
    conversationRoutes,
    projectRoutes,
    searchRoutes,
    sessionRoutes,
    settingsRoutes,
    dataRoutes,
    importRoutes,
    fileRoutes,
    linkRoutes,
  ].map((routes) => routes(routeDeps));
  const shared = sharedRoutes(routeDeps);
  const sessions = {
    ...deps.sessions,
    log,
    now,
    beforeCreation: limitSessions(addressLimits),
    signedInOwner: ({ state }: { state: WebState }) => state.person?.owner,
  };
  const app = new Koa<WebState>();
  // TLS ends at the load balancer, whose word on it is taken.
  app.proxy = true;

  app.use(sendStreams());
  app.use(identifyClient(deps.trustedProxies ?? 0));
  app.use(observeRequests(log, metrics));
  app.use(securityHeaders(deps.hasTlsSubdomains));
  app.use(compressPages());
  app.use(readPreferences());
  app.use(trackLocale());
  app.use(answerErrors(log, render, deps));
  app.use(serveBelow(basePath));
  app.use(hideShared());
  app.use(staticFiles(assets));
  app.use(webManifest(assets, basePath));
  app.use(countRefusals(metrics));
  app.use(probeRoutes(deps).routes());
  app.use(answerProbes({ ...deps, heartbeatSeconds: heartbeatMs / 1_000 }));
  app.use(requireOrigin(deps.originSecrets));
  app.use(requireKnownHost(deps.allowedHosts));
  app.use(requireSameOrigin(deps.allowedOrigins));
  app.use(trackScript());
  app.use(requirePerson(deps.identity, log));
  app.use(refuseUnknown([shared, ...routers]));
  app.use(limitRequests(addressLimits));
  app.use(shared.routes());
  app.use(requireSessionCookie(sessions));
  app.use(readForm(metrics));
  app.use(keepTyped());
  app.use(createSessions(app, sessions));
  app.use(identifyVisitor());
  app.use(reportTiming());
  for (const router of routers) app.use(router.routes());

  app.on("error", (error: unknown) => {
    if (!isDisconnect(error)) log.error({ error }, "response failed");
  });
  return { app, streams };
}
