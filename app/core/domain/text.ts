import { z } from "zod";

/**
 * Characters that take no ink: spaces, controls, fillers, tags, joiners, and the blanks that
 * Unicode counts as symbols (an empty Braille cell, a musical null note).
 */
const INVISIBLE =
  "\\s\\p{Cc}\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffb\\u2800\\u{1d159}";

/** Matches a text that shows something. */
export const visiblePattern = new RegExp(`[^${INVISIBLE}]`, "u");

const invisibleStart = new RegExp(`^[${INVISIBLE}]+`, "u");

export const isVisible = (text: string): boolean => visiblePattern.test(text);

export const trimInvisibleStart = (text: string): string =>
  text.replace(invisibleStart, "");

/** A string in a request, well-formed: UTF-8 has no lone surrogates, so each becomes U+FFFD. */
export const textField = () =>
  z.string().overwrite((text) => text.toWellFormed());

/** Far more than one character takes, emoji families included. */
const WINDOW = 64;

const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The start of the character (grapheme cluster) that has a code unit: a place to cut a text. */
export function characterStart(text: string, index: number): number {
  if (index >= text.length) return text.length;
  const from = Math.max(0, index - WINDOW);
  const around = text.slice(from, index + WINDOW);
  return (
    from + (characters.segment(around).containing(index - from)?.index ?? 0)
  );
}
