import { sentence } from "../../core/texts/catalogue";
import { LRUCache } from "lru-cache";
import { VisibleError } from "../../core/domain/errors";

/** Searches of this process at a time. More take no less time together, and more memory. */
const AT_ONCE = 2;
/** Searches of one owner that wait: a page or two, not a flood. */
const WAITING_PER_OWNER = 3;
const WAITING = 100;
/** Owners and clients whose last turn is known. A forgotten one counts as new. */
const KNOWN = 1_000;

/** The one who searches. */
export interface Searcher {
  owner: string;
  /** The owners of one network address share its turns. By default each owner is a client. */
  client?: string;
}

interface Waiter {
  owner: string;
  client: string;
  start: () => void;
  refuse: (error: Error) => void;
}

/**
 * Runs few searches at a time, and one for each owner. Clients take turns, and so do the owners of a
 * client: a client with many searches, or with many owners, delays another one by a single search.
 */
export class SearchQueue {
  private readonly running = new Set<string>();
  /** Longest wait first. */
  private readonly waiting = new Set<Waiter>();
  /** The number of the last turn of each owner and client. */
  private readonly turns = new LRUCache<string, number>({ max: KNOWN });
  private turn = 0;

  /** @throws VisibleError 429 or 503 if too many wait, or the signal's reason. */
  async run<T>(
    { owner, client = owner }: Searcher,
    signal: AbortSignal,
    search: () => Promise<T>,
  ): Promise<T> {
    await this.enter(owner, client, signal);
    try {
      return await search();
    } finally {
      this.running.delete(owner);
      this.startNext();
    }
  }

  private async enter(
    owner: string,
    client: string,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    if (this.canRun(owner)) {
      this.take(owner, client);
      return;
    }
    this.makeRoom(owner, client);
    await new Promise<void>((resolve, reject) => {
      const waiter = { owner, client, start: resolve, refuse: reject };
      this.waiting.add(waiter);
      signal.addEventListener("abort", () => {
        if (this.waiting.delete(waiter)) reject(signal.reason as Error);
      });
    });
  }

  private canRun(owner: string): boolean {
    return this.running.size < AT_ONCE && !this.running.has(owner);
  }

  private take(owner: string, client: string): void {
    this.running.add(owner);
    this.turn += 1;
    this.turns.set(`owner ${owner}`, this.turn);
    this.turns.set(`client ${client}`, this.turn);
  }

  /** If all places are taken, the client with the most of them gives one up to a client with fewer. */
  private makeRoom(owner: string, client: string): void {
    const all = [...this.waiting];
    const own = all.filter((waiter) => waiter.owner === owner);
    if (own.length >= WAITING_PER_OWNER) {
      throw new VisibleError(429, sentence("problem.yourSearches"));
    }
    if (all.length < WAITING) return;
    const ofClient = (name: string) =>
      all.filter((waiter) => waiter.client === name);
    const [largest = []] = [...new Set(all.map((one) => one.client))]
      .map(ofClient)
      .toSorted((a, b) => b.length - a.length);
    const fromHere = ofClient(client);
    const last = largest.at(-1);
    if (!last || largest.length <= fromHere.length + 1) throw tooMany();
    this.waiting.delete(last);
    last.refuse(tooMany());
  }

  private startNext(): void {
    for (let next = this.next(); next; next = this.next()) {
      this.waiting.delete(next);
      this.take(next.owner, next.client);
      next.start();
    }
  }

  /** The waiter whose client, and then whose owner, had its last turn longest ago. */
  private next(): Waiter | undefined {
    const last = (name: string) => this.turns.get(name) ?? 0;
    return [...this.waiting]
      .filter((waiter) => this.canRun(waiter.owner))
      .toSorted(
        (a, b) =>
          last(`client ${a.client}`) - last(`client ${b.client}`) ||
          last(`owner ${a.owner}`) - last(`owner ${b.owner}`),
      )[0];
  }
}

const tooMany = () => new VisibleError(503, sentence("problem.searches"));
