import { createHash, randomBytes } from "node:crypto";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** 128 random bits as 26 characters. */
export const newId = (): string => toBase32(randomBytes(16));

/** The id that these parts always have: who comes again with the same, finds the same. */
export function derivedId(...parts: string[]): string {
  const hash = createHash("sha256").update(parts.join("\0")).digest();
  return toBase32(hash.subarray(0, 16));
}

function toBase32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0"));
  const groups = bits.join("").match(/.{1,5}/g) ?? [];
  return groups
    .map((group) => ALPHABET[Number.parseInt(group.padEnd(5, "0"), 2)])
    .join("");
}
