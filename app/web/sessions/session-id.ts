import { createHmac, hash, randomBytes } from "node:crypto";
import { toBase32 } from "../../core/runtime/ids";
import { hashOf } from "../../core/storage/layout/hashes";

const ID = /^[a-z2-7]{32}$/;

/** 160 random bits in base 32: 32 characters, fit for a cookie. */
export function newSessionId(): string {
  return toBase32(randomBytes(20));
}

/** Checks the form of an id, so that nothing else from a cookie reaches the store. */
export const isSessionId = (text: string | undefined): text is string =>
  text !== undefined && ID.test(text);

/**
 * The anonymous owner of a session that is not stored yet. All requests that present its cookie have
 * the same owner, also those that store the session at the same time.
 */
export function ownerOfId(id: string): string {
  const digest = hash("sha256", `owner:${id}`, "buffer");
  return toBase32(digest.subarray(0, 20));
}

/** Eight characters for pages: they tell sessions apart and reveal nothing of the id. */
export function shortIdOf(id: string): string {
  const digest = hash("sha256", `short:${id}`, "buffer");
  return toBase32(digest.subarray(0, 5));
}

/** For logs: a keyed hash of the id. */
export const logIdOf = (id: string, salt: string) =>
  logIdOfHash(hashOf(id), salt);

/** As {@link logIdOf}, from the hash under which the session is stored. */
export const logIdOfHash = (hashed: string, salt: string) =>
  createHmac("sha256", salt).update(hashed).digest("hex").slice(0, 16);
