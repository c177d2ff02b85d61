import { timingSafeEqual } from "node:crypto";
import type Keygrip from "keygrip";
import { LRUCache } from "lru-cache";

/** Good signatures that are remembered, each some 200 bytes. */
const MAX_KNOWN = 10_000;

/**
 * Checks the signatures of cookies. Remembers good ones: a signature takes a twentieth of the processor time
 * of a short request. Bad ones are worked out again each time, so they can't displace good ones.
 */
export class CookieSignatures {
  readonly #known = new LRUCache<string, number>({ max: MAX_KNOWN });

  constructor(private readonly keys: Keygrip) {}

  /** @returns The index of the key that made one of the signatures of `data`; -1 if none did. */
  keyOf(data: string, signatures: readonly string[]): number {
    for (const signature of signatures) {
      const known = this.#known.get(nameOf(data, signature));
      if (known !== undefined) return known;
    }
    return this.#work(data, signatures);
  }

  #work(data: string, signatures: readonly string[]): number {
    // `keys.index` alone would do three times the work.
    const expected = this.keys.sign(data);
    const newest = signatures.find((one) => isSame(one, expected));
    if (newest !== undefined) return this.#remember(data, newest, 0);
    for (const signature of signatures) {
      const key = this.keys.index(data, signature);
      if (key >= 0) return this.#remember(data, signature, key);
    }
    return -1;
  }

  #remember(data: string, signature: string, key: number): number {
    // A copy: a part of a request's header would keep all of it in memory.
    const name = Buffer.from(nameOf(data, signature)).toString();
    this.#known.set(name, key);
    return key;
  }
}

/** Neither part contains a line break: both are from a header. */
const nameOf = (data: string, signature: string) => `${data}\n${signature}`;

/** In constant time. */
function isSame(signature: string, expected: string): boolean {
  const [left, right] = [Buffer.from(signature), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
