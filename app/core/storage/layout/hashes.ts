import { hash } from "node:crypto";
import path from "node:path";
import { types } from "node:util";

/*
 * Owners and sessions are stored under hashes of their ids: a listing reveals no id, and the hash of
 * any id is a valid file name.
 */

const HASH = /^[0-9a-f]{64}$/;
const SHARD = /^[0-9a-f]{2}$/;
const HASHES = /[0-9a-f]{64}/g;

export const hashOf = (id: string): string => hash("sha256", id, "hex");

export const isHash = (name: string): boolean => HASH.test(name);

/** True for the name of a parent folder made by {@link folderOf}. */
export const isShard = (name: string): boolean => SHARD.test(name);

/** The folder of a hash, under one of 256 parents, so that no folder grows too large. */
export const folderOf = (directory: string, hashed: string): string =>
  path.join(directory, hashed.slice(0, 2), hashed);

/** Removes the names of sessions and owners from a path or a message for a log. */
export const redactHashes = (text: string): string => text.replace(HASHES, "…");

/** Removes those names from the logged fields of an error and its causes. */
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
