import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { resultWithin, withTimeout } from "./async";
import { forceExit } from "./force-exit";
import type { Logger } from "./log";

const CLOSE_IDLE_EVERY_MS = 50;

/** After a second signal, how long to wait for the handover, which would otherwise be lost. */
const EXPEDITE_MS = 1_000;

/**
 * Allowance beyond `DRAIN_SECONDS`. Balances a busy machine against a part that hangs; a pod's grace
 * period leaves five seconds for it.
 */
const ALLOWANCE_MS = 3_000;

export interface GracefulShutdownDeps {
  server: Server;
  /** Hands over, at once, the work that another process can continue. */
  handOver?(this: void): Promise<void>;
  /** Ends long-lived responses, spread over this time, so that their clients reconnect elsewhere. */
  closeStreams(this: void, overMs: number): Promise<void>;
  /** Releases resources after the last connection is closed. */
  close?(this: void): Promise<void>;
}

/**
 * Drains a process without failing a request, in three equal parts of `DRAIN_SECONDS`:
 *
 * 1. readiness fails and unfinished work is handed over, while load balancers notice;
 * 2. long-lived responses end, and their clients reconnect to other processes;
 * 3. the server stops accepting connections and finishes the requests in flight.
 */
export class GracefulShutdown {
  private isDraining = false;
  private handedOver: Promise<void> = Promise.resolve();

  constructor(
    private readonly drainSeconds: number,
    private readonly deps: GracefulShutdownDeps,
  ) {
    deps.server.prependListener("request", (_request, response) => {
      // Otherwise the client would reuse this keep-alive connection for its next request.
      if (this.isDraining) response.setHeader("connection", "close");
    });
  }

  /** While true, the process is not ready for new work. */
  get hasBegun(): boolean {
    return this.isDraining;
  }

  /**
   * Resolves when the last connection is closed or the time is over.
   *
   * @throws Error if a part is still pending after the allowance.
   */
  async run(): Promise<void> {
    if (this.isDraining) return;
    this.isDraining = true;
    const ms = this.drainSeconds * 1_000;
    await withTimeout(this.drain(ms / 3), ms + ALLOWANCE_MS, {
      error: () => new Error("The drain took longer than DRAIN_SECONDS."),
    });
  }

  private async drain(partMs: number): Promise<void> {
    const { closeStreams, handOver, close } = this.deps;
    this.handedOver = handOver?.() ?? Promise.resolve();
    await Promise.all([this.handedOver, sleep(partMs)]);
    await closeStreams(partMs);
    await this.closeServer(partMs);
    await close?.();
  }

  /** Waits only for the handover, and not for long. */
  async expedite(): Promise<void> {
    await resultWithin(this.handedOver, EXPEDITE_MS);
  }

  private async closeServer(ms: number): Promise<void> {
    const { server } = this.deps;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const closeIdle = () => server.closeIdleConnections();
    const timer = setInterval(closeIdle, CLOSE_IDLE_EVERY_MS);
    closeIdle();
    await resultWithin(closed, ms);
    clearInterval(timer);
    server.closeAllConnections();
  }
}

/**
 * Drains on SIGTERM or SIGINT, then exits with code 0, in bounded time even if a part hangs. A
 * second signal exits at once.
 */
export function shutDownOnSignals(
  shutdown: GracefulShutdown,
  log: Logger,
): void {
  const onSignal = (signal: NodeJS.Signals) => {
    const isSecond = shutdown.hasBegun;
    log.info({ signal }, isSecond ? "exiting at once" : "draining");
    void (isSecond ? shutdown.expedite() : shutdown.run()).then(
      () => forceExit(0, log),
      (error: unknown) => {
        log.error({ error }, "graceful shutdown failed");
        return forceExit(1, log);
      },
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}
