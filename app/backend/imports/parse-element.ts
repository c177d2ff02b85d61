import { cleanTitle } from "./clean";
import type { ImportedConversation, Leftover } from "./conversation";
import { readChatGpt } from "./read-chatgpt";
import { readKeepsake } from "./read-keepsake";

/** The conversation in an element of a file, or the reason why it can't be imported. */
export function parseElement(
  bytes: Buffer,
  now: Date,
): ImportedConversation | Leftover {
  const data = parse(bytes);
  if (typeof data !== "object" || data === null) return "invalid";
  const fields = data as Readonly<Record<string, unknown>>;
  try {
    return readChatGpt(fields, now) ?? readKeepsake(fields, now) ?? "invalid";
  } catch {
    // Whatever it is, the conversations after it must be imported.
    return "invalid";
  }
}

/** The title of an element that can't be imported; empty if it has none. */
export function titleIn(bytes: Buffer): string {
  const data = parse(bytes);
  if (typeof data !== "object" || data === null) return "";
  return "title" in data ? cleanTitle(data.title) : "";
}

function parse(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
