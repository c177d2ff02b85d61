const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

/** Bytes in base 32 (RFC 4648), lower case and without padding: fit for a URL, a cookie and a file name. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}
