import { hash, randomBytes } from "node:crypto";
import { toBase32 } from "../core/runtime/ids";

/** 128 random bits as 26 characters. */
export const newId = (): string => toBase32(randomBytes(16));

/** An id derived from its parts: a repeated call gets the same. */
export function derivedId(...parts: string[]): string {
  const digest = hash("sha256", parts.join("\0"), "buffer");
  return toBase32(digest.subarray(0, 16));
}
