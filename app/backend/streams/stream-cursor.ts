const INTERVAL_MS = 20_000;
const EPOCH_MS = Date.UTC(2024, 9, 9);
const JITTER_SECONDS = 3_600;

/**
 * The cursor of a live answer: keeps caches in between from answering the same for ever.
 *
 * @param given The cursor that the client sent; the answer's is always later.
 */
export function streamCursor(given: string | undefined): string {
  const now = Math.floor((Date.now() - EPOCH_MS) / INTERVAL_MS);
  const last = /^\d{1,15}$/.test(given ?? "") ? Number(given) : -1;
  if (last < now) return String(now);
  const seconds = 1 + Math.floor(Math.random() * JITTER_SECONDS);
  return String(last + Math.max(1, Math.floor(seconds / 20)));
}
