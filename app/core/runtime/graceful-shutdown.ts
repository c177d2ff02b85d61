import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcess } from "./force-exit";
import type { Logger } from "./log";

/** How often connections that have become idle are closed towards the end. */
const SWEEP_MS = 50;

/** A second signal doesn't wait any longer than this for what would be lost otherwise. */
const HURRY_MS = 1_000;

/**
 * How much later than `DRAIN_SECONDS` all must have ended. Balances a busy machine, on which every
 * part takes longer, against what hangs; a pod's grace period leaves five seconds for it.
 */
const LATE_MS = 3_000;

export interface DrainParts {
  /** What is drained; answers of it that go on for long end with {@link leave}. */
  server: Server;
  /** `DRAIN_SECONDS`: until when everything has ended. */
  seconds: number;
  /** Hands over at once what others can go on with. */
  handOver?(this: void): Promise<void>;
  /**
   * Ends the answers that go on for long, telling their readers to come again: one after another
   * over so many milliseconds, so that they don't all come at once.
   */
  leave(this: void, overMs: number): Promise<void>;
  /** Lets go of what the process still has when nobody is served any more. */
  close?(this: void): Promise<void>;
}

/**
 * How a process ends without anyone noticing, in three parts of the one number. It hands over
 * what it is writing, fails its readiness and serves on while load balancers take note; it sends
 * those who watch to other processes; it takes no more connections and finishes what is under way.
 */
export class Drain {
  private isBegun = false;
  private handedOver: Promise<void> = Promise.resolve();

  constructor(private readonly parts: DrainParts) {
    parts.server.prependListener("request", (_request, response) => {
      // A connection that is kept would bring its next request here too.
      if (this.isBegun) response.setHeader("connection", "close");
    });
  }

  /** From here on the process is not ready for new work. */
  get hasBegun(): boolean {
    return this.isBegun;
  }

  /**
   * Resolves when the last connection is closed, or time is up.
   *
   * @throws Error if a part of the process did not let go in time: what it is at may hang for ever.
   */
  async run(): Promise<void> {
    if (this.isBegun) return;
    this.isBegun = true;
    const ms = this.parts.seconds * 1_000;
    const late = sleep(ms + LATE_MS, undefined, { ref: false });
    await Promise.race([this.goThrough(ms / 3), late.then(refuseToWait)]);
  }

  private async goThrough(third: number): Promise<void> {
    const { leave, handOver, close } = this.parts;
    this.handedOver = handOver?.() ?? Promise.resolve();
    await Promise.all([this.handedOver, sleep(third)]);
    await leave(third);
    await this.closeServer(third);
    await close?.();
  }

  /** Resolves as soon as nothing can be lost: what a process does that is told to end twice. */
  async hurry(): Promise<void> {
    await Promise.race([this.handedOver, sleep(HURRY_MS)]);
  }

  private async closeServer(ms: number): Promise<void> {
    const { server } = this.parts;
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    server.closeIdleConnections();
    await Promise.race([closed, sleep(ms, undefined, { ref: false })]);
    clearInterval(sweep);
    server.closeAllConnections();
  }
}

function refuseToWait(): never {
  throw new Error("The drain took longer than DRAIN_SECONDS.");
}

/**
 * Drains on SIGTERM or SIGINT, then ends the process with exit code 0, in bounded time whatever
 * hangs. A second signal ends it at once.
 */
export function drainOnSignals(drain: Drain, log: Logger): void {
  const end = (signal: NodeJS.Signals) => {
    const again = drain.hasBegun;
    log.info({ signal }, again ? "ends at once" : "drains, then ends");
    void (again ? drain.hurry() : drain.run()).then(
      () => endProcess(0, log),
      (error: unknown) => {
        log.error({ error }, "could not end in order");
        return endProcess(1, log);
      },
    );
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
}
