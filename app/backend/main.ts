#!/usr/bin/env -S node --v8-pool-size=1 --max-semi-space-size=32
// Why these flags: docs/decisions/0057-processor-time.md, "Garbage collection".
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import {
  ConfigError,
  environment,
  readBackendConfig,
} from "../core/config/config";
import {
  GracefulShutdown,
  shutDownOnSignals,
} from "../core/runtime/graceful-shutdown";
import { errorCode } from "../core/runtime/errors";
import {
  followCertificate,
  readCertificate,
  readTrust,
  requirePeersAccept,
} from "../core/runtime/certificates";
import { createLog } from "../core/runtime/log";
import { createMetrics, createMetricsServer } from "../core/runtime/metrics";
import { createHttpServer, listen } from "../core/runtime/server";
import { notifyParentProcess } from "../core/runtime/notify-parent";
import { readTokens } from "../core/config/tokens";
import { reportAvailability } from "../core/storage/report-availability";
import { createBackend } from "./create-backend";
import { createBackendApp } from "./app";

async function main(): Promise<void> {
  const config = readBackendConfig(environment());
  const log = createLog(config.LOG_LEVEL, {
    role: "backend",
    host: config.HOSTNAME,
  });
  await makeDataDirectory(config.DATA_DIRECTORY);
  const metrics = createMetrics();
  const tokens = await readTokens(config, (error) =>
    log.error({ error }, "failed to reread INTERNAL_TOKEN"),
  );
  const trust = await readTrust(config, log);
  const certificate = await readCertificate(config);
  requirePeersAccept(certificate, config);
  const server = createHttpServer(
    (request, response) => void handle(request, response),
    { certificate },
  );
  followCertificate(server, certificate, config, log);
  const listenAddress = config.LISTEN_ADDRESS;
  const port = await listen(server, {
    address: listenAddress,
    port: config.PORT,
    setting: "PORT",
  });
  const scheme = certificate ? "https" : "http";
  const address = config.ADVERTISED_URL ?? `${scheme}://localhost:${port}`;
  const backend = createBackend({
    config,
    log,
    metrics,
    tokens,
    trust,
    address,
  });
  reportAvailability(metrics, backend.checkStorage);
  const shutdown = new GracefulShutdown(config.DRAIN_SECONDS, {
    server,
    handOver: () => backend.replies.drain(),
    closeStreams: (overMs) => backend.streams.closeGradually(overMs),
    close: async () => {
      await backend.peers.close();
      await backend.models.close();
    },
  });
  const app = createBackendApp({
    ...backend,
    probes: {
      whyNotReady: () => (shutdown.hasBegun ? "draining" : undefined),
    },
  });
  const handle = app.callback();
  await backend.models.check();
  const metricsServer = createMetricsServer(metrics);
  await listen(metricsServer, {
    address: listenAddress,
    port: config.METRICS_PORT,
    setting: "METRICS_PORT",
  });
  backend.replies.startSupervision();
  log.info({ port, address }, "listening");
  shutDownOnSignals(shutdown, log);
  notifyParentProcess(port);
}

/** Fails at start, rather than at the first request, if the directory is not writable. */
async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = errorCode(error) ?? "unknown error";
    throw new ConfigError(
      `DATA_DIRECTORY ${JSON.stringify(directory)} is not writable (${code}). Mount a volume there or set another path.`,
    );
  }
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof ConfigError ? message : error);
  // The server may be listening already, which would keep the process running.
  process.exit(1);
});
