import { Backend } from "./backend";
import type { ResolveHost } from "./resolve-host";

export interface BackendsOptions {
  url: URL;
  resolve: ResolveHost;
  maxAgeMs: number;
  /** Milliseconds, never set back. */
  now: () => number;
  /** Told when the addresses can't be had; the ones that are known serve on. */
  onResolveError: (error: unknown) => void;
}

/** No backend can be asked now: none is known, or all have just failed. */
export class NoBackendError extends Error {
  override readonly name = "NoBackendError";
}

/** For how long addresses are used, while the resolver doesn't answer. */
const STALE_MS = 60_000;

/** After a failed look-up. */
const RESOLVE_AGAIN_MS = 1_000;

/** All addresses of the backend, as the name's answers say, and the choice between them. */
export class Backends {
  private backends = new Map<string, Backend>();
  private expiresAt = 0;
  private resolvedAt = -Infinity;
  private refreshing?: Promise<void>;

  constructor(private readonly options: BackendsOptions) {}

  get count(): number {
    return this.backends.size;
  }

  /**
   * Makes sure that the addresses are known, and not too old.
   *
   * @returns Milliseconds that this call waited for an answer.
   * @throws NoBackendError if there is no address.
   */
  async refreshIfDue(): Promise<number> {
    const { now } = this.options;
    if (now() < this.expiresAt) return 0;
    const refreshing = this.refresh();
    // Old addresses serve while new ones are asked for, or each expiry would cost someone a wait.
    if (this.backends.size > 0 && now() < this.expiresAt + STALE_MS) return 0;
    const begun = now();
    await refreshing;
    if (this.backends.size > 0) return now() - begun;
    throw new NoBackendError(`${this.options.url.host} has no address`);
  }

  /** Asks for the addresses again, before their time, unless that was done just now. */
  async refreshEarly(): Promise<void> {
    if (this.options.now() - this.resolvedAt < RESOLVE_AGAIN_MS) return;
    await this.refresh();
  }

  private refresh(): Promise<void> {
    this.refreshing ??= this.resolve().finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  /**
   * Of two at random, the less busy one: even, and no backend that comes back is flooded.
   *
   * @param avoided Backends that this call has failed at; asked again only if there is no other.
   * @throws NoBackendError if every backend's circuit is open.
   */
  pick(avoided: ReadonlySet<Backend>): Backend {
    const allowed = [...this.backends.values()].filter(
      ({ circuit }) => circuit.allows,
    );
    const fresh = allowed.filter((backend) => !avoided.has(backend));
    const [one, other] = twoOf(fresh.length > 0 ? fresh : allowed);
    if (!one) throw new NoBackendError("Every backend has just failed");
    return other && other.busy < one.busy ? other : one;
  }

  async close(): Promise<void> {
    this.expiresAt = Infinity;
    const all = [...this.backends.values()];
    await Promise.all(all.map((backend) => backend.close()));
  }

  private async resolve(): Promise<void> {
    const { url, resolve, now, onResolveError } = this.options;
    try {
      const { addresses, ttlMs } = await resolve(url.hostname);
      this.use(addresses);
      this.expiresAt = now() + ttlMs;
    } catch (error) {
      onResolveError(error);
      // The addresses that are known may be right still.
      this.expiresAt = Math.max(this.expiresAt, now() + RESOLVE_AGAIN_MS);
    } finally {
      this.resolvedAt = now();
    }
  }

  private use(addresses: string[]): void {
    const origins = new Set(addresses.map((address) => this.originOf(address)));
    for (const [origin, backend] of this.backends) {
      if (origins.has(origin)) continue;
      this.backends.delete(origin);
      void backend.close();
    }
    for (const origin of origins) {
      if (this.backends.has(origin)) continue;
      const { maxAgeMs, now } = this.options;
      this.backends.set(origin, new Backend({ origin, maxAgeMs, now }));
    }
  }

  private originOf(address: string): string {
    const { protocol, port } = this.options.url;
    const host = address.includes(":") ? `[${address}]` : address;
    return `${protocol}//${host}${port === "" ? "" : `:${port}`}`;
  }
}

function twoOf<T>(items: T[]): [T?, T?] {
  if (items.length < 2) return [items[0]];
  const first = Math.floor(Math.random() * items.length);
  const step = 1 + Math.floor(Math.random() * (items.length - 1));
  return [items[first], items[(first + step) % items.length]];
}
