import type { Prompt } from "../../core/domain/records";
import {
  characterStart,
  isVisible,
  trimInvisibleStart,
} from "../../core/domain/text";

/** Fits the sidebar in one line or two. */
const LENGTH = 60;

/** Enough to find a title in, also after marks and spaces: a text of a megabyte would take 120 ms. */
const ENOUGH = 4_096;

const DEFAULT_TITLE = "New conversation";

/** The title that is shown: a list must not have a row without text. */
export const visibleTitle = (title: string): string =>
  isVisible(title) ? title : DEFAULT_TITLE;

/** A title out of a text: its beginning, cut between two words. */
export function titleOf(text: string): string {
  const beginning = trimInvisibleStart(text);
  const visible = beginning.slice(0, characterStart(beginning, ENOUGH));
  const words = visible
    // Markdown of a line or of a code block.
    .replace(/^[\s#>*`-]+/, "")
    .replaceAll(/[`*\s]+/g, " ")
    .trim();
  return visibleTitle(cutAtWord(isVisible(words) ? words : visible.trim()));
}

/** The first title of a conversation: of its first message, or of that one's first file. */
export const firstTitle = ({
  text,
  files,
}: Pick<Prompt, "text" | "files">): string =>
  titleOf(isVisible(text) ? text : (files?.[0]?.name ?? ""));

function cutAtWord(words: string): string {
  if (words.length <= LENGTH) return words;
  const cut = words.slice(0, characterStart(words, LENGTH));
  const end = cut.lastIndexOf(" ");
  return `${end > LENGTH / 2 ? cut.slice(0, end) : cut}…`;
}

/** The title of a copy, in any language: `Rome` becomes `Rome (2)`, and that `Rome (3)`. */
export function nextTitle(title: string, most: number): string {
  const [, name = title, number = "1"] =
    /^(.*?)\s*\((\d{1,6})\)$/su.exec(title) ?? [];
  const ending = ` (${Number(number) + 1})`;
  const cut = name.slice(0, characterStart(name, most - ending.length));
  return `${cut}${ending}`;
}
