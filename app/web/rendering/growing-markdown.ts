import { renderBlocks } from "./markdown";

/** Blocks at the end that more text can change: the last line may join the block before its own. */
const PENDING_BLOCKS = 2;

/**
 * The HTML of a text that grows. It equals the HTML of the whole text, whatever pieces it arrives in.
 *
 * All but the last two blocks are stable. They are rendered once and dropped, so that a piece of a
 * long text costs no more than one of a short text.
 */
export class GrowingMarkdown {
  /** The number of blocks that can't change. */
  stable = 0;
  /** The blocks after the stable ones. */
  pending: string[] = [];
  /** The source of the pending blocks. */
  tail = "";

  /** @returns the blocks that the piece made stable. */
  append(piece: string): string[] {
    this.tail += piece;
    const blocks = renderBlocks(this.tail);
    const count = Math.max(0, blocks.length - PENDING_BLOCKS);
    const newlyStable = blocks.slice(0, count).map((block) => block.html);
    this.tail = this.tail.slice(blocks[count]?.start ?? 0);
    this.pending = blocks.slice(count).map((block) => block.html);
    this.stable += count;
    return newlyStable;
  }
}
