import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";

/** The addresses of a host, and for how long they may be used. */
export interface Resolution {
  addresses: string[];
  ttlMs: number;
}

export type ResolveHost = (host: string) => Promise<Resolution>;

/** What the system's own look-up, which names no time, is trusted for. */
const LOOKUP_TTL_MS = 5_000;

/** So that an answer without a time to live is not asked for again with every call. */
const MIN_TTL_MS = 1_000;

/**
 * Asks for a host's addresses. A name with dots is asked for as it is, once: with a dot at its end
 * no search domain is tried. A name without (`localhost`) is the system's business.
 *
 * @throws The resolver's error, if the name has no address.
 */
export function hostResolver(resolver = new Resolver()): ResolveHost {
  return async (host) => {
    const bare = host.replace(/^\[(.*)\]$/, "$1");
    if (isIP(bare))
      return { addresses: [bare], ttlMs: Number.MAX_SAFE_INTEGER };
    if (!bare.includes(".")) return lookUp(bare);
    const absolute = bare.endsWith(".") ? bare : `${bare}.`;
    const answers = await Promise.allSettled([
      resolver.resolve4(absolute, { ttl: true }),
      resolver.resolve6(absolute, { ttl: true }),
    ]);
    const records = answers.flatMap((answer) =>
      answer.status === "fulfilled" ? answer.value : [],
    );
    // Perhaps a name of /etc/hosts.
    if (records.length === 0) return lookUp(absolute);
    const ttlMs = 1000 * Math.min(...records.map(({ ttl }) => ttl));
    return {
      addresses: records.map(({ address }) => address),
      ttlMs: Math.max(ttlMs, MIN_TTL_MS),
    };
  };
}

async function lookUp(host: string): Promise<Resolution> {
  const found = await lookup(host, { all: true });
  return {
    addresses: [...new Set(found.map(({ address }) => address))],
    ttlMs: LOOKUP_TTL_MS,
  };
}
