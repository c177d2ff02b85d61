import { hash } from "node:crypto";
import path from "node:path";
import { types } from "node:util";

/*
 * Owners and sessions are stored under hashes of their ids: a listing gives nobody an id, and
 * whatever an id may hold, its hash is fit for a name.
 */

const HASH = /^[0-9a-f]{64}$/;
const SHARD = /^[0-9a-f]{2}$/;
const HASHES = /[0-9a-f]{64}/g;

/** What an owner or a session is stored under. */
export const hashOf = (id: string): string => hash("sha256", id, "hex");

export const isHash = (name: string): boolean => HASH.test(name);

/** Whether it is the name of a subfolder of those that {@link folderOf} spreads folders over. */
export const isShard = (name: string): boolean => SHARD.test(name);

/** The folder of a hash, under one of 256: none of these grows without bound. */
export const folderOf = (directory: string, hashed: string): string =>
  path.join(directory, hashed.slice(0, 2), hashed);

/** A path or sentence for a log, without the names that sessions and owners are stored under. */
export const redactHashes = (text: string): string => text.replace(HASHES, "…");

/** An error, its causes too, without those names in what a log shows of it. */
export function redactHashesIn(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const shown: Error & { path?: unknown; dest?: unknown } = error;
  for (const key of ["message", "stack", "path", "dest"] as const) {
    const text = shown[key];
    if (typeof text === "string") shown[key] = redactHashes(text);
  }
  redactHashesIn(error.cause);
  return error;
}
