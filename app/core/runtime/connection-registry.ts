import { setTimeout as sleep } from "node:timers/promises";

/**
 * The longest silence on a stream to a browser. Below the 60 s after which a load balancer closes an
 * idle connection.
 */
export const HEARTBEAT_MS = 10_000;

/** The long-lived responses of a process, so that a graceful shutdown can end them. */
export class ConnectionRegistry {
  private readonly open = new Set<() => void>();
  private isClosing = false;
  private isClosed = false;

  get size(): number {
    return this.open.size;
  }

  /**
   * Registers a response.
   *
   * @param close Ends the response so that its client reconnects; called at most once.
   * @returns Removes the response, once it has ended.
   */
  add(close: () => void): () => void {
    if (this.isClosed) setImmediate(close);
    else this.open.add(close);
    return () => this.open.delete(close);
  }

  /**
   * Closes all responses, spread over this time, so that clients do not reconnect all at once.
   * Includes responses that are added meanwhile.
   */
  async closeGradually(overMs: number): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    const end = performance.now() + overMs;
    for (;;) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) break;
      await sleep(Math.min(leftMs / (this.open.size + 1), MAX_STEP_MS));
      this.closeOldest();
    }
    this.isClosed = true;
    while (this.open.size > 0) this.closeOldest();
  }

  private closeOldest(): void {
    const [close] = this.open;
    if (!close) return;
    this.open.delete(close);
    close();
  }
}

/** Bounds how late a response that was added meanwhile is taken into account. */
const MAX_STEP_MS = 100;
