#!/usr/bin/env node
import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import {
  ConfigError,
  environment,
  readBackendConfig,
} from "../core/config/config";
import { Drain, drainOnSignals } from "../core/runtime/graceful-shutdown";
import { errorCode } from "../core/runtime/error-code";
import { createLog } from "../core/runtime/log";
import { createMetrics, createMetricsServer } from "../core/runtime/metrics";
import { createHttpServer, listen } from "../core/runtime/server";
import { tellStarter } from "../core/runtime/notify-parent";
import { readTokens } from "../core/config/tokens";
import { whyRejected } from "../core/runtime/rejection-reason";
import { createBackend } from "./create-backend";
import { createBackendApp } from "./app";

/** The settings → the parts → listening → until told to end. */
async function main(): Promise<void> {
  const config = readBackendConfig(environment());
  const log = createLog(config.LOG_LEVEL, {
    role: "backend",
    host: config.HOSTNAME,
  });
  await makeDataDirectory(config.DATA_DIRECTORY);
  const metrics = createMetrics();
  const tokens = await readTokens(config, (error) =>
    log.error({ error }, "INTERNAL_TOKEN can't be read again"),
  );
  const server = createHttpServer(
    (request, response) => void handle(request, response),
  );
  const port = await listen(server, config.PORT, "PORT");
  const address = config.ADVERTISED_URL ?? `http://localhost:${port}`;
  const backend = createBackend({ config, log, metrics, tokens, address });
  const drain = new Drain({
    server,
    seconds: config.DRAIN_SECONDS,
    handOver: () => backend.replies.drain(),
    leave: (overMs) => backend.streams.leave(overMs),
    close: async () => {
      await backend.peers.close();
      await backend.models.close();
    },
  });
  const app = createBackendApp({
    ...backend,
    probes: {
      whyNotReady: async () =>
        drain.hasBegun ? "draining" : whyRejected(backend.checkStorage()),
    },
  });
  const handle = app.callback();
  await backend.models.check();
  const metricsServer = createMetricsServer(metrics);
  await listen(metricsServer, config.METRICS_PORT, "METRICS_PORT");
  backend.replies.startSupervision();
  log.info({ port, address }, "backend listens");
  drainOnSignals(drain, log);
  tellStarter(port);
}

/** A directory that can't be written is better told at start than to the first visitor. */
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
  // It may listen already, and would go on as if nothing were the matter.
  process.exit(1);
});
