import { VisibleError } from "../../core/domain/errors";

/** Searches of this process at a time. More take no less time together, and more memory. */
const AT_ONCE = 2;
/** Searches of one owner that wait: a page or two, not a flood. */
const WAITING_PER_OWNER = 3;
const WAITING = 100;

interface Waiter {
  owner: string;
  start: () => void;
}

/**
 * Runs few searches at a time, and one for each owner. The searches of one owner delay each other,
 * and other owners' at most by one.
 */
export class SearchQueue {
  private readonly running = new Set<string>();
  private readonly waiting = new Set<Waiter>();

  /** @throws VisibleError 429 or 503 if too many wait, or the signal's reason. */
  async run<T>(
    owner: string,
    signal: AbortSignal,
    search: () => Promise<T>,
  ): Promise<T> {
    await this.enter(owner, signal);
    try {
      return await search();
    } finally {
      this.running.delete(owner);
      this.startNext();
    }
  }

  private async enter(owner: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.canRun(owner)) {
      this.running.add(owner);
      return;
    }
    this.refuseIfFull(owner);
    await new Promise<void>((resolve, reject) => {
      const waiter = { owner, start: resolve };
      this.waiting.add(waiter);
      signal.addEventListener("abort", () => {
        if (this.waiting.delete(waiter)) reject(signal.reason as Error);
      });
    });
  }

  private canRun(owner: string): boolean {
    return this.running.size < AT_ONCE && !this.running.has(owner);
  }

  private refuseIfFull(owner: string): void {
    const own = [...this.waiting].filter((waiter) => waiter.owner === owner);
    if (own.length >= WAITING_PER_OWNER) {
      throw new VisibleError(
        429,
        "Your other searches are still running. Try again in a moment.",
      );
    }
    if (this.waiting.size >= WAITING) {
      throw new VisibleError(
        503,
        "Too many people are searching at the moment. Try again in a moment.",
      );
    }
  }

  private startNext(): void {
    for (const waiter of this.waiting) {
      if (!this.canRun(waiter.owner)) continue;
      this.waiting.delete(waiter);
      this.running.add(waiter.owner);
      waiter.start();
    }
  }
}
