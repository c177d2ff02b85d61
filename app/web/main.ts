#!/usr/bin/env -S node --v8-pool-size=1 --max-semi-space-size=32
// Why these flags: docs/decisions/0057-processor-time.md, "Garbage collection".
import {
  ConfigError,
  environment,
  readWebConfig,
  type WebConfig,
} from "../core/config/config";
import {
  GracefulShutdown,
  shutDownOnSignals,
} from "../core/runtime/graceful-shutdown";
import {
  followCertificate,
  readCertificate,
  readTrust,
} from "../core/runtime/certificates";
import { createLog } from "../core/runtime/log";
import { createMetrics, createMetricsServer } from "../core/runtime/metrics";
import { readOrCreateSecret } from "../core/config/secrets";
import { createHttpServer, listen } from "../core/runtime/server";
import { notifyParentProcess } from "../core/runtime/notify-parent";
import { readOriginSecrets, readTokens } from "../core/config/tokens";
import { reportAvailability } from "../core/storage/report-availability";
import { createApi } from "./backend-client/create-api";
import { createLoadBalancerIdentity } from "./identity/load-balancer-identity";
import { createWebApp } from "./app";
import type { Identity } from "./identity/identity";
import { openSessionStore } from "./sessions/open-session-store";

async function main(): Promise<void> {
  const config = readWebConfig(environment());
  const { HOSTNAME: host, DRAIN_SECONDS: drainSeconds } = config;
  const log = createLog(config.LOG_LEVEL, { role: "web", host });
  const metrics = createMetrics();
  // First: secrets are created beside it, so a faulty directory would be reported as theirs.
  const sessions = await openSessionStore({
    config,
    keys: () => keys,
    log,
    metrics,
  });
  reportAvailability(metrics, () => sessions.check());
  const tokens = await readTokens(config, (error) =>
    log.error({ error }, "failed to reread INTERNAL_TOKEN"),
  );
  const originSecrets = await readOriginSecrets(config, (error) =>
    log.error({ error }, "failed to reread ORIGIN_SECRET"),
  );
  const keys =
    config.SESSION_KEYS ??
    (await readOrCreateSecret(config.SECRETS_DIRECTORY, "SESSION_KEYS"));
  const trust = await readTrust(config, log);
  const certificate = await readCertificate(config);
  const api = createApi({ config, log, metrics, tokens, trust });
  const { app, streams } = await createWebApp({
    host,
    basePath: config.BASE_PATH,
    drainSeconds,
    api,
    identity: identityOf(config),
    allowedHosts: config.ALLOWED_HOSTS,
    originSecrets,
    allowedOrigins: config.ALLOWED_ORIGINS,
    hasTlsSubdomains: config.STRICT_TRANSPORT_SECURITY === "subdomains",
    trustedProxies: config.TRUSTED_PROXIES,
    limitsPerMinute: {
      sessions: config.SESSIONS_PER_MINUTE,
      messages: config.MESSAGES_PER_MINUTE,
      uploads: config.UPLOADS_PER_MINUTE,
      streams: config.STREAMS_PER_MINUTE,
      searches: config.SEARCHES_PER_MINUTE,
      shared: config.SHARED_PER_MINUTE,
    },
    maxStreamsPerOwner: config.STREAMS_PER_OWNER,
    signOutUrl: config.SIGN_OUT_URL,
    log,
    metrics,
    now: Date.now,
    sessions: { ...sessions, keys, cookieName: config.SESSION_COOKIE },
    tokens,
    whyNotReady: () => (shutdown.hasBegun ? "draining" : undefined),
  });
  const handle = app.callback();
  const server = createHttpServer(
    (request, response) => void handle(request, response),
    { keepAliveMs: config.KEEP_ALIVE_SECONDS * 1_000, certificate },
  );
  followCertificate(server, certificate, config, log);
  const metricsServer = createMetricsServer(metrics);
  const shutdown = new GracefulShutdown(drainSeconds, {
    server,
    closeStreams: (overMs) => streams.closeGradually(overMs),
    close: () => api.close(),
  });
  const address = config.LISTEN_ADDRESS;
  await listen(metricsServer, {
    address,
    port: config.METRICS_PORT,
    setting: "METRICS_PORT",
  });
  const port = await listen(server, {
    address,
    port: config.PORT,
    setting: "PORT",
  });
  shutDownOnSignals(shutdown, log);
  log.info({ port }, "listening");
  notifyParentProcess(port);
}

/** Without the settings, visitors are anonymous: identity headers are not trusted. */
function identityOf(config: WebConfig): Identity | undefined {
  const {
    SIGN_IN_LOAD_BALANCER: loadBalancers,
    SIGN_IN_CLIENT_ID: clientIds,
    SIGN_IN_ISSUER: issuer,
    SIGN_IN_KEYS_URL: keysUrl,
  } = config;
  if (!loadBalancers || !clientIds || !issuer) return undefined;
  return createLoadBalancerIdentity({
    loadBalancers,
    clientIds,
    issuer,
    keysUrl,
  });
}

main().catch((error: unknown) => {
  // A configuration error says what to do; its stack trace would only distract.
  const isExpected = error instanceof ConfigError;
  const message = error instanceof Error ? error.message : String(error);
  console.error(isExpected ? message : `Web can't start: ${message}`);
  process.exit(1);
});
