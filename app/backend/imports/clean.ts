import { limits } from "../../core/domain/records";
import { characterStart, isVisible } from "../../core/domain/text";

/** Characters of one text; a longer one is cut. Several times the longest message that can be sent. */
export const TEXT_LENGTH = 4 * 1024 * 1024;

const DAY_MS = 86_400_000;

/** A text as any of our readers can take it. */
export function cleanText(
  text: string,
  onCut: () => void,
  length = TEXT_LENGTH,
): string {
  const clean = text.toWellFormed().replaceAll("\0", "");
  if (clean.length <= length) return clean;
  onCut();
  return `${clean.slice(0, characterStart(clean, length))}…`;
}

/** Instructions within their limit, which counts bytes. */
export function cleanInstructions(text: string, onCut: () => void): string {
  const { instructionsBytes: limit } = limits;
  const clean = cleanText(text, onCut);
  const bytes = Buffer.from(clean);
  if (bytes.length <= limit) return clean;
  onCut();
  const end = bytes.toString("utf8", 0, limit - 3).length - 1;
  return `${clean.slice(0, characterStart(clean, end))}…`;
}

/** Controls, separators of lines, and characters that change the direction of what follows them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A title or name in one line; empty if it shows nothing. */
export function cleanTitle(title: unknown): string {
  if (typeof title !== "string") return "";
  const clean = title
    .slice(0, 10 * limits.titleLength)
    .replaceAll(/\s+/g, " ")
    .replaceAll(INVISIBLE, "")
    .trim();
  const cut = clean.slice(0, characterStart(clean, limits.titleLength));
  return isVisible(cut) ? cut : "";
}

/** A time of a file, if it is possible: from 1971 until tomorrow. */
export function cleanTime(ms: number, now: Date): string | undefined {
  const isPossible = ms > 365 * DAY_MS && ms < now.getTime() + DAY_MS;
  return isPossible ? new Date(ms).toISOString() : undefined;
}
