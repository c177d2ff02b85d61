import { createHmac, hash, randomBytes } from "node:crypto";
import { toBase32 } from "../../core/runtime/ids";
import { hashOf } from "../../core/storage/layout/hashes";

const ID = /^[a-z2-7]{32}$/;

/** 160 random bits in base 32: 32 characters, fit for a cookie. */
export function newSessionId(): string {
  return toBase32(randomBytes(20));
}

/** Whether it can be an id of ours at all. Whatever else a cookie holds goes no further. */
export const isSessionId = (text: string | undefined): text is string =>
  text !== undefined && ID.test(text);

/** What a page may show of an id: eight characters that tell sessions apart, and no part of it. */
export function shortIdOf(id: string): string {
  const digest = hash("sha256", `short:${id}`, "buffer");
  return toBase32(digest.subarray(0, 5));
}

/** What a log may say of an id: the same for the same id and salt, and of no use without both. */
export const logIdOf = (id: string, salt: string) =>
  logIdOfHash(hashOf(id), salt);

/** The same, from what the session is stored under. */
export const logIdOfHash = (hashed: string, salt: string) =>
  createHmac("sha256", salt).update(hashed).digest("hex").slice(0, 16);
