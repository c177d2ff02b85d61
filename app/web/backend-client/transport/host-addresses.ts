import type { LookupAddress } from "node:dns";
import { lookup, Resolver } from "node:dns/promises";
import { isIPv6, type LookupFunction } from "node:net";
import { callbackify } from "node:util";

/** The addresses of a host, and for how long they may be used. */
export interface Resolution {
  addresses: string[];
  ttlMs: number;
}

export type ResolveHost = (host: string) => Promise<Resolution>;

export interface HostAddressesOptions {
  resolve: ResolveHost;
  /** Monotonic, in milliseconds. */
  now: () => number;
  /** Called when a query fails; known addresses remain in use. */
  onError: (error: unknown) => void;
}

/** Known addresses are used this long after they expired, while the resolver does not answer. */
const STALE_MS = 60_000;

/** Least time between two queries. */
const QUERY_INTERVAL_MS = 1_000;

/** `getaddrinfo` returns no TTL. */
const LOOKUP_TTL_MS = 5_000;

/**
 * Resolves a host for `net.connect`, in random order so that connections spread over its addresses.
 * Expired addresses are used while new ones are queried, so that calls do not wait for DNS.
 */
export class HostAddresses {
  private addresses: string[] = [];
  private expiresAt = 0;
  private queriedAt = -Infinity;
  private query?: Promise<void>;

  constructor(private readonly options: HostAddressesOptions) {}

  readonly lookup: LookupFunction = (host, { all }, callback) => {
    this.withAddresses(host, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const [first, ...rest] = shuffle(addresses).map(toLookupAddress);
      if (!first) callback(new Error(`${host} has no address`), "", 0);
      else if (all) callback(null, [first, ...rest]);
      else callback(null, first.address, first.family);
    });
  };

  /** Queries again at the next look-up: a process at one of the addresses does not answer. */
  expire(): void {
    if (this.options.now() - this.queriedAt < QUERY_INTERVAL_MS) return;
    this.expiresAt = Math.min(this.expiresAt, this.options.now());
  }

  private readonly withAddresses = callbackify((host: string) =>
    this.current(host),
  );

  private async current(host: string): Promise<string[]> {
    const now = this.options.now();
    if (now < this.expiresAt) return this.addresses;
    this.query ??= this.resolve(host).finally(() => (this.query = undefined));
    const isUsable =
      this.addresses.length > 0 && now < this.expiresAt + STALE_MS;
    if (isUsable) this.query.catch(() => undefined);
    else await this.query;
    return this.addresses;
  }

  private async resolve(host: string): Promise<void> {
    const { resolve, now, onError } = this.options;
    this.queriedAt = now();
    try {
      const { addresses, ttlMs } = await resolve(host);
      this.addresses = addresses;
      this.expiresAt = now() + Math.max(ttlMs, QUERY_INTERVAL_MS);
    } catch (error) {
      onError(error);
      throw error;
    }
  }
}

/**
 * Queries DNS directly: `getaddrinfo` occupies a thread that file system calls need. Names with dots
 * are absolute, so that no search domain is tried; names without one (`localhost`) go to the system.
 *
 * @throws The resolver's error if the name has no address.
 */
export function hostResolver(resolver = new Resolver()): ResolveHost {
  return async (host) => {
    if (!host.includes(".")) return lookUp(host);
    const absolute = host.endsWith(".") ? host : `${host}.`;
    const answers = await Promise.allSettled([
      resolver.resolve4(absolute, { ttl: true }),
      resolver.resolve6(absolute, { ttl: true }),
    ]);
    const records = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? answer.value : [],
    );
    // The name may be in /etc/hosts.
    if (records.length === 0) return lookUp(absolute);
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: 1_000 * Math.min(...records.map(({ ttl }) => ttl)),
    };
  };
}

async function lookUp(host: string): Promise<Resolution> {
  const found = await lookup(host, { all: true });
  const addresses = [...new Set(found.map(({ address }) => address))];
  return { addresses, ttlMs: LOOKUP_TTL_MS };
}

const toLookupAddress = (address: string): LookupAddress => ({
  address,
  family: isIPv6(address) ? 6 : 4,
});

function shuffle<T>(items: readonly T[]): T[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}
