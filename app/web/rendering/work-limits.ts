import type MarkdownIt from "markdown-it";
import type { ParseOptions } from "./parse-options";

/**
 * Bounds of the work on one text. They are counted, not timed: every process must render a text in the
 * same way. Long answers stay far below them.
 */
export interface WorkLimits {
  /** A longer block is cut. In UTF-16 units, as all lengths here. */
  blockLength: number;
  /** The same for a code block, which costs much less. */
  codeLength: number;
  /** Nested lists and quotes; a list counts twice. */
  nesting: number;
  /** Attempts to recognise a line of a block as the beginning of something. */
  blockWork: number;
  /** Tokens of a block: a table has three in each cell. */
  blockTokens: number;
  /** The longest paragraph, cell or heading. */
  inlineLength: number;
  /** Attempts to recognise something in a paragraph, and the tokens found. */
  inlineWork: number;
}

export const workLimits: WorkLimits = {
  blockLength: 32 * 1024,
  codeLength: 256 * 1024,
  nesting: 40,
  blockWork: 12_000,
  blockTokens: 16_000,
  inlineLength: 16 * 1024,
  inlineWork: 10_000,
};

/** Work in one call of the block parser, which can't be interrupted within a block. */
const CALL_WORK = 4_000;
/** A token costs more than an attempt: it is rendered, too. */
const TOKEN_WORK = 4;

/** A block exceeds a limit: it is shown as plain text. */
export class TooComplexError extends Error {}

/** Ends a call of the block parser between two blocks. */
export class PauseError extends Error {}

/** Counts the work of one call of the block parser. */
export class BlockWork {
  /** The first line and the first token of the current top-level block. */
  line = 0;
  token = 0;
  /** The last line of it that was looked at. */
  lastLine = 0;
  #total = 0;
  #block = 0;

  constructor(private readonly limits: WorkLimits) {}

  /** @throws PauseError after enough blocks. */
  beginBlock(line: number, token: number): void {
    this.line = line;
    this.token = token;
    this.lastLine = line;
    this.#block = 0;
    if (this.#total > CALL_WORK) throw new PauseError();
  }

  /** @throws TooComplexError */
  count(line: number, nesting: number, tokens: number): void {
    this.lastLine = Math.max(this.lastLine, line);
    this.#total++;
    this.#block++;
    const { limits } = this;
    if (
      this.#block > limits.blockWork ||
      nesting > limits.nesting ||
      tokens - this.token > limits.blockTokens
    ) {
      throw new TooComplexError();
    }
  }
}

/** Counts the work on one paragraph. */
export class InlineWork {
  #attempts = 0;

  constructor(private readonly limits: WorkLimits) {}

  /** @throws TooComplexError */
  count(tokens: number): void {
    this.#attempts++;
    if (this.#attempts + TOKEN_WORK * tokens > this.limits.inlineWork) {
      throw new TooComplexError();
    }
  }
}

const WORK = "work";

/** The environment of a call of the parser: it reaches every rule. */
export const environment = (
  work: BlockWork | InlineWork,
  options: ParseOptions = {},
): MarkdownIt.Env => ({
  work,
  options,
  references: options.definitions?.links,
});

/** Counts the parser's work: the first rule of each kind runs for each attempt. */
export function countWork(markdown: MarkdownIt.MarkdownIt): void {
  markdown.block.ruler.before("table", WORK, countBlock, {
    alt: ["paragraph", "blockquote", "list"],
  });
  markdown.inline.ruler.before("text", WORK, countInline);
  const { inline } = markdown;
  const skipToken = inline.skipToken.bind(inline);
  // Skipping over what is already known costs little, but may be repeated for each bracket.
  inline.skipToken = (state) => {
    countInline(state);
    skipToken(state);
  };
}

function countBlock(
  { env, level, tokens }: MarkdownIt.StateBlock,
  line: number,
  _endLine: number,
  silent: boolean,
): boolean {
  const work = env["work"];
  if (work instanceof BlockWork) {
    if (!silent && level === 0) work.beginBlock(line, tokens.length);
    work.count(line, level, tokens.length);
  }
  return false;
}

function countInline({ env, tokens }: MarkdownIt.StateInline): boolean {
  const work = env["work"];
  if (work instanceof InlineWork) work.count(tokens.length);
  return false;
}
