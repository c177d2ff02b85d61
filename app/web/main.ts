#!/usr/bin/env node
import {
  ConfigError,
  environment,
  readWebConfig,
  type WebConfig,
} from "../core/config/config";
import { Drain, drainOnSignals } from "../core/runtime/graceful-shutdown";
import { createLog } from "../core/runtime/log";
import { createMetrics, createMetricsServer } from "../core/runtime/metrics";
import { readOrMakeSecret } from "../core/config/secrets";
import { createHttpServer, listen } from "../core/runtime/server";
import { tellStarter } from "../core/runtime/notify-parent";
import { readTokens } from "../core/config/tokens";
import { whyRejected } from "../core/runtime/rejection-reason";
import { createApi } from "./backend-client/create-api";
import { createLoadBalancerIdentity } from "./identity/load-balancer-identity";
import { createWebApp } from "./app";
import type { Identity } from "./identity/identity";
import { openSessionStore } from "./sessions/open-session-store";

/** The settings → the parts → listening → until told to end. */
async function main(): Promise<void> {
  const config = readWebConfig(environment());
  const { HOSTNAME: host, DRAIN_SECONDS: drainSeconds } = config;
  const log = createLog(config.LOG_LEVEL, { role: "web", host });
  const metrics = createMetrics();
  // First, since secrets are made beside it, and what is wrong with it would be said of them.
  const sessions = await openSessionStore({
    config,
    keys: () => keys,
    log,
    metrics,
  });
  const tokens = await readTokens(config, (error) =>
    log.error({ error }, "INTERNAL_TOKEN can't be read again"),
  );
  const keys =
    config.SESSION_KEYS ??
    (await readOrMakeSecret(config.SECRETS_DIRECTORY, "SESSION_KEYS"));
  const api = createApi({ config, log, metrics, tokens });
  const { app, streams } = await createWebApp({
    host,
    drainSeconds,
    api,
    identity: identityOf(config),
    signOutUrl: config.SIGN_OUT_URL,
    log,
    metrics,
    now: Date.now,
    sessions: { ...sessions, keys },
    tokens,
    whyNotReady: async () =>
      drain.hasBegun ? "draining" : whyRejected(sessions.check()),
  });
  const handle = app.callback();
  const server = createHttpServer(
    (request, response) => void handle(request, response),
    config.KEEP_ALIVE_SECONDS * 1_000,
  );
  const metricsServer = createMetricsServer(metrics);
  const drain = new Drain({
    server,
    seconds: drainSeconds,
    leave: (overMs) => streams.leave(overMs),
    close: () => api.close(),
  });
  await listen(metricsServer, config.METRICS_PORT, "METRICS_PORT");
  const port = await listen(server, config.PORT, "PORT");
  drainOnSignals(drain, log);
  log.info({ port }, "web listens");
  tellStarter(port);
}

/** Nobody's word is taken for who visitors are, unless a setting says whose. */
function identityOf(config: WebConfig): Identity | undefined {
  const { SIGN_IN_LOAD_BALANCER: loadBalancers } = config;
  if (!loadBalancers) return undefined;
  const keysUrl = config.SIGN_IN_KEYS_URL;
  return createLoadBalancerIdentity({ loadBalancers, keysUrl });
}

main().catch((error: unknown) => {
  // What an operator can mend is told in its sentence alone.
  const isExpected = error instanceof ConfigError;
  const message = error instanceof Error ? error.message : String(error);
  console.error(isExpected ? message : `Web can't start: ${message}`);
  process.exit(1);
});
