import type { Registry } from "prom-client";
import type { WebConfig } from "../../core/config/config";
import type { Trust } from "../../core/runtime/certificates";
import type { Logger } from "../../core/runtime/log";
import type { Tokens } from "../../core/config/tokens";
import type { ConnectedApi } from "./api";
import { CachedApi } from "./cached-api";
import { contextHeaders, type Patience } from "./encode-call";
import { RecordCache } from "./record-cache";
import { followReply } from "./reply-stream";
import { Transport } from "./transport";
import { hostResolver, type ResolveHost } from "./transport/host-addresses";

export interface ApiDeps {
  config: Pick<WebConfig, "BACKEND_URL">;
  log: Logger;
  metrics: Registry;
  tokens: Tokens;
  trust?: Trust;
  resolve?: ResolveHost;
  /** See {@link CONNECTION_AGE_MS}. */
  connectionAgeMs?: number;
  /** See {@link RECORD_AGE_MS}; 0 for no cache. */
  recordAgeMs?: number;
  cacheBytes?: number;
  /** Time-outs of calls; by default as long as visitors wait. */
  patience?: Patience;
  /** Monotonic, in milliseconds. */
  now?: () => number;
}

/**
 * Maximum age of a connection. Balances the time until new processes get their share of calls
 * against reconnecting, which costs a millisecond within a cluster.
 */
export const CONNECTION_AGE_MS = 10_000;

/**
 * Maximum age of a cached record, and so the delay until an owner's other sessions see a change.
 * Balances that delay against calls that find nothing changed.
 */
export const RECORD_AGE_MS = 5_000;

/** About ten thousand pages of conversations. */
const CACHE_BYTES = 64 * 1024 * 1024;

export function createApi(deps: ApiDeps): ConnectedApi {
  const { config, log, metrics, tokens } = deps;
  const now = deps.now ?? (() => performance.now());
  const url = new URL(config.BACKEND_URL);
  const transport = new Transport({
    url,
    tokens,
    trust: deps.trust,
    resolve: deps.resolve ?? hostResolver(),
    connectionAgeMs: deps.connectionAgeMs ?? CONNECTION_AGE_MS,
    now,
    onResolveError: (error) =>
      log.error({ error, host: url.hostname }, "failed to resolve BACKEND_URL"),
  });
  const { host } = url;
  return new CachedApi({
    transport,
    host,
    log,
    metrics,
    patience: deps.patience,
    cache: new RecordCache({
      metrics,
      maxAgeMs: deps.recordAgeMs ?? RECORD_AGE_MS,
      maxBytes: deps.cacheBytes ?? CACHE_BYTES,
      now,
    }),
    watch: (context, path, offset, signal) =>
      followReply({
        offset,
        signal,
        open: (query, stopped) =>
          transport.openStream(
            `${path}${query}`,
            { ...contextHeaders(context, host), accept: "text/event-stream" },
            stopped,
          ),
        onLost: (error) =>
          log.info(
            { error, requestId: context.requestId },
            "reply stream lost",
          ),
      }),
    close: () => transport.close(),
  });
}
