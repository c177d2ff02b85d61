import { randomUUID } from "node:crypto";

const BASE32 = "abcdefghijklmnopqrstuvwxyz234567";

/** Base 32 (RFC 4648), lower case, without padding: valid in a URL, a cookie and a file name. */
export function toBase32(bytes: Uint8Array): string {
  let text = "";
  for (let bit = 0; bit < bytes.length * 8; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += BASE32[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}

/** Also the ids of load balancers: an ALB's begins with `Root=`. */
const REQUEST_ID = /^[\w.:=-]{1,128}$/;

/** @param header The request's `x-request-id`, empty if it has none. */
export const requestIdOf = (header: string): string =>
  REQUEST_ID.test(header) ? header : randomUUID();
