import type { CodeMemory } from "./highlight";
import type { Locale } from "../../core/texts/locale";
import { growParagraph } from "./grow-paragraph";
import { definitionsIn, renderBlocks, type Block } from "./markdown";
import { Definitions } from "./parse-options";
import { finish, type Steps } from "./steps";
import { visiblePart } from "./unfinished";
import { workLimits, type WorkLimits } from "./work-limits";

/** Blocks at the end that more text can change: the last line may join the block before its own. */
const PENDING_BLOCKS = 2;

export interface TextOptions {
  limits?: WorkLimits;
  /** Distinguishes the ids of this text from those of others on the page. */
  idPrefix?: string;
  /** Of the labels beside code; English by default. */
  locale?: Locale;
}

/**
 * The HTML of a text that grows. When it has ended, it equals the HTML of the whole text, whatever
 * pieces it arrived in; only its references may lack their links.
 *
 * All but the last two blocks are stable. They are rendered once and dropped, so that a piece of a
 * long text costs no more than one of a short text. A block that is longer than the limit is cut, and
 * its rest is another block.
 */
export class GrowingMarkdown {
  /** The number of blocks that can't change. */
  stable = 0;
  /** The blocks after the stable ones. */
  pending: Block[] = [];
  /** The source of the pending blocks. */
  tail = "";
  /** The start of the tail in the text. */
  #start: number;
  /** The beginning of the tail that is not in the text: it continues a cut block. */
  #repeated = 0;
  /** The HTML of paragraphs and formulas in the pending blocks. */
  #known = new Map<string, string>();
  readonly #code: CodeMemory = {};
  readonly #found = new Definitions();
  readonly #limits: WorkLimits;
  readonly #idPrefix: string | undefined;
  readonly #locale: Locale | undefined;
  readonly #definitions: Definitions | undefined;

  /**
   * @param options.start The start of the text in a longer one.
   * @param options.definitions All definitions, if the whole text is known.
   */
  constructor({
    start = 0,
    limits = workLimits,
    idPrefix,
    locale,
    definitions,
  }: TextOptions & { start?: number; definitions?: Definitions } = {}) {
    this.#start = start;
    this.#limits = limits;
    this.#idPrefix = idPrefix;
    this.#locale = locale;
    this.#definitions = definitions;
  }

  /** True if the whole text has to be rendered when it has ended. */
  get hasReferences(): boolean {
    return this.#found.hasReferences;
  }

  /**
   * @param isLast True if no piece follows.
   * @returns the blocks that the piece made stable.
   */
  *append(piece: string, isLast = false): Steps<Block[]> {
    if (!isLast && this.#grow(piece)) return [];
    this.tail += piece;
    const stable: Block[] = [];
    while (this.tail.length > this.#limits.blockLength) {
      const found = yield* this.#takeBlocks();
      if (!found) break;
      for (const block of found) stable.push(block);
    }
    const shown = isLast ? this.tail : visiblePart(this.tail);
    const blocks = yield* this.#render(shown, { isUnfinished: !isLast });
    const count = Math.max(0, blocks.length - PENDING_BLOCKS);
    this.pending = blocks.slice(count).map((block) => this.#place(block));
    const end = blocks[count]?.start ?? 0;
    for (const block of this.#take(blocks.slice(0, count), end))
      stable.push(block);
    this.stable += stable.length;
    return stable;
  }

  /** Adds plain words without rendering their block again. @returns False if it has to be rendered. */
  #grow(piece: string): boolean {
    const { blockLength, inlineLength } = this.#limits;
    const length = this.tail.length + piece.length;
    if (length > Math.min(blockLength, inlineLength)) return false;
    const grown = growParagraph(this.pending.at(-1), this.tail, piece);
    if (!grown) return false;
    this.tail += piece;
    this.pending = [...this.pending.slice(0, -1), grown];
    return true;
  }

  /**
   * Takes blocks from the beginning of a tail that is longer than the limit. The part up to the limit
   * consists of whole lines, so that only its last block can change.
   *
   * @returns `undefined` for a code block that has not ended: it may be longer.
   */
  *#takeBlocks(): Steps<Block[] | undefined> {
    const { blockLength } = this.#limits;
    const part = beginning(this.tail, blockLength);
    const blocks = yield* this.#render(part);
    const [first] = blocks;
    const last = blocks.at(-1);
    // Empty lines before a block don't count, as they don't while the text grows: see `append`.
    if (first && first.start > 0) return this.#take([], first.start);
    if (blocks.length === 1 && last?.isCode) return yield* this.#takeCode();
    return blocks.length > 1 && last
      ? this.#take(blocks.slice(0, -1), last.start)
      : this.#cut(part, last);
  }

  *#takeCode(): Steps<Block[] | undefined> {
    const { codeLength } = this.#limits;
    // Without the last line, which may be incomplete.
    const length = Math.min(codeLength, this.tail.length - 1);
    const part = beginning(this.tail, length);
    const [code, next] = yield* this.#render(part, { atMost: 2 });
    if (code && next) return this.#take([code], next.start);
    return length < codeLength ? undefined : this.#cut(part, code);
  }

  #take(blocks: Block[], end: number): Block[] {
    const taken = blocks.map((block) => this.#place(block));
    this.#drop(end);
    return taken;
  }

  /** Takes a part that is only one block, or none. */
  #cut(part: string, block: Block | undefined): Block[] {
    const taken = this.#take(block ? [block] : [], part.length);
    const repeated = block ? openingLines(part, block) : "";
    this.#repeated = repeated.length;
    this.tail = repeated + this.tail;
    return taken;
  }

  *#render(
    source: string,
    { atMost, isUnfinished }: { atMost?: number; isUnfinished?: boolean } = {},
  ): Steps<Block[]> {
    const known = this.#known;
    this.#known = new Map();
    return yield* renderBlocks(source, {
      atMost,
      isUnfinished,
      limits: this.#limits,
      known,
      used: this.#known,
      code: this.#code,
      definitions: this.#definitions,
      found: this.#found,
      idPrefix: this.#idPrefix,
      locale: this.#locale,
    });
  }

  /** The block, with its start in the text. */
  #place(block: Block): Block {
    const continues = block.start < this.#repeated;
    const start = this.#start + Math.max(0, block.start - this.#repeated);
    const { html, isCode } = block;
    const opening = block.openingLines;
    return { start, html, isCode, openingLines: opening, continues };
  }

  #drop(length: number): void {
    if (length === 0) return;
    this.tail = this.tail.slice(length);
    this.#start += length - this.#repeated;
    this.#repeated = 0;
  }
}

/** All blocks of a text that has ended. */
export function* renderText(
  text: string,
  options: TextOptions = {},
): Steps<Block[]> {
  const { limits = workLimits } = options;
  const definitions = yield* definitionsIn(text, limits);
  const growing = new GrowingMarkdown({ ...options, definitions });
  const stable = yield* growing.append(text, true);
  return stable.concat(growing.pending);
}

/** All blocks of a text that will grow, as {@link GrowingMarkdown} has them. */
export function* renderUnfinished(
  text: string,
  options: TextOptions = {},
): Steps<Block[]> {
  const growing = new GrowingMarkdown(options);
  const stable = yield* growing.append(text);
  return stable.concat(growing.pending);
}

/** The HTML of a text, rendered at once. */
export const renderMarkdown = (text: string): string =>
  htmlOf(finish(renderText(text)));

export const htmlOf = (blocks: readonly Block[]): string =>
  blocks.map(({ html }) => html).join("");

/** The lines that fit, or a part of the first line. */
function beginning(text: string, length: number): string {
  const end = Math.max(
    text.lastIndexOf("\n", length - 1),
    // A carriage return at the end may be the first half of a line break.
    text.lastIndexOf("\r", length - 2),
  );
  if (end >= 0) return text.slice(0, end + 1);
  const isPair = (text.codePointAt(length - 1) ?? 0) > 0xffff;
  return text.slice(0, isPair ? length - 1 : length);
}

/** The lines that begin the rest of a cut block: a table's head, or the fence of a code block. */
function openingLines(part: string, { start, openingLines: count }: Block) {
  const lines = part.slice(start).split(/(?<=\n)|(?<=\r)(?!\n)/, count + 1);
  const opening = lines.slice(0, count).join("");
  // A long head would leave too little room for the rest.
  const isRepeated = lines.length > count && opening.length < part.length / 4;
  return isRepeated ? opening : "";
}
