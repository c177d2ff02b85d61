import { types } from "node:util";

const HASH = /[0-9a-f]{64}/g;

/** A path or sentence for a log, without the names that sessions and owners are stored under. */
export const hideHashes = (text: string): string => text.replace(HASH, "…");

/** An error, its causes too, without those names in what a log shows of it. */
export function hideHashesIn(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const shown: Error & { path?: unknown; dest?: unknown } = error;
  for (const key of ["message", "stack", "path", "dest"] as const) {
    const text = shown[key];
    if (typeof text === "string") shown[key] = hideHashes(text);
  }
  hideHashesIn(error.cause);
  return error;
}
