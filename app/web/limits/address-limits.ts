import { sentence } from "../../core/texts/catalogue";
import { LimitError } from "../../core/domain/errors";
import { LIMITED, type Limited } from "../../core/runtime/metric-definitions";
import { RateLimit } from "./rate-limit";

/** Kinds of requests that are limited by the client's address. */
export type LimitedByAddress = Exclude<Limited, "forms">;

/** By kind; 0 is no limit. */
export type PerMinute = Record<LimitedByAddress, number>;

const KINDS = LIMITED.filter(
  (kind): kind is LimitedByAddress => kind !== "forms",
);

/** Limits what the clients of one address do, in this process. */
export class AddressLimits {
  private readonly limits = new Map<LimitedByAddress, RateLimit>();

  /** @param now Monotonic, in milliseconds. */
  constructor(perMinute: Partial<PerMinute>, now: () => number) {
    for (const kind of KINDS) {
      const limit = perMinute[kind] ?? 0;
      if (limit > 0) {
        this.limits.set(kind, new RateLimit({ perMinute: limit, now }));
      }
    }
  }

  /**
   * Counts a request.
   *
   * @param network See `networkOf`.
   * @throws LimitError 429 if it is one too many.
   */
  take(kind: LimitedByAddress, network: string): void {
    const waitMs = this.limits.get(kind)?.take(network) ?? 0;
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1_000);
    throw new LimitError(
      kind,
      429,
      sentence(`problem.rate.${kind}`, { count: seconds }),
      seconds,
    );
  }
}
