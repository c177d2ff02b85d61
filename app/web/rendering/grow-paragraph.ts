import type { Block } from "./markdown";
import { visiblePart } from "./unfinished";

/** A word whose characters have no meaning in Markdown, wherever it stands. */
const word = String.raw`[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+|\.\p{Nd}[\p{L}\p{N}]*)*`;

/** Words with a space between two of them. */
const plainWords = new RegExp(`^(?: ?${word}[,.!?]?(?= |$))* ?$`, "u");

/** Their meaning depends on what follows, or what they begin is not shown yet. */
const mayBeOpen = /[[$<\\|]/;

/** The closing tags of blocks that can end in a paragraph. */
const closingTags = /(?:<\/(?:p|li|ul|ol|blockquote)>\n?)+$/;

/** Longer paragraphs are nearer to a limit than they may look. */
const MAX_LENGTH = 4_000;

/**
 * Adds plain words to the last block of a growing text, as rendering it again would.
 *
 * @param tail The source of the pending blocks, without the piece.
 * @returns `undefined` if the block has to be rendered.
 */
export function growParagraph(
  block: Block | undefined,
  tail: string,
  piece: string,
): Block | undefined {
  if (!block || tail.length + piece.length > MAX_LENGTH) return undefined;
  const shown = tail.trimEnd();
  const space = tail.slice(shown.length);
  const last = /\S*$/.exec(shown)?.[0] ?? "";
  const isPlain =
    last !== "" &&
    !/[^ ]/.test(space) &&
    plainWords.test(last + space + piece) &&
    !mayBeOpen.test(tail);
  if (!isPlain || isUndecided(tail) || isUndecided(tail + piece)) {
    return undefined;
  }
  const tags = closingTags.exec(block.html)?.[0] ?? "";
  const body = block.html.slice(0, block.html.length - tags.length);
  // Otherwise the text ends within emphasis, code or a link.
  if (tags === "" || !body.endsWith(last)) return undefined;
  return { ...block, html: `${body}${(space + piece).trimEnd()}${tags}` };
}

/** A number alone is shown, although it may begin a list. */
const isUndecided = (text: string) =>
  visiblePart(text) !== text || /^\d+$/.test(text);
