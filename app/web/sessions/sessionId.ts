import { createHmac, hash, randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID = /^[a-z2-7]{32}$/;

/** 160 random bits in base 32: 32 characters, fit for a cookie. */
export function newSessionId(): string {
  return base32(randomBytes(20));
}

/** Whether it can be an id of ours at all. Whatever else a cookie holds goes no further. */
export const isSessionId = (text: string | undefined): text is string =>
  text !== undefined && ID.test(text);

/** What a session is stored under: from it nobody learns the id. */
export const hashOf = (id: string) => hash("sha256", id, "hex");

/** What a page may show of an id: eight characters that tell sessions apart, and no part of it. */
export function shortIdOf(id: string): string {
  const digest = hash("sha256", `short:${id}`, "buffer");
  return base32(digest.subarray(0, 5));
}

/** What a log may say of an id: the same for the same id and salt, and of no use without both. */
export const logIdOf = (id: string, salt: string) =>
  logIdOfHash(hashOf(id), salt);

/** The same, from what the session is stored under. */
export const logIdOfHash = (hashed: string, salt: string) =>
  createHmac("sha256", salt).update(hashed).digest("hex").slice(0, 16);

function base32(bytes: Uint8Array): string {
  let text = "";
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}
