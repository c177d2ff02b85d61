import { renderBlocks } from "./markdown";

/** What can still change when more text comes: the last line may join the block before its own. */
const UNSETTLED_BLOCKS = 2;

/** A stretch of blocks, from the one at index `from` to the last. */
export interface Blocks {
  from: number;
  html: string[];
}

/**
 * The HTML of a text that grows: whatever pieces it comes in, the result is that of the whole.
 *
 * All but the last two blocks are settled: they are rendered once and forgotten here, so that a
 * long text costs no more per piece than a short one.
 */
export class GrowingMarkdown {
  /** How many blocks will not change any more. */
  settled = 0;
  /** The blocks after the settled ones. */
  unsettled: string[] = [];
  /** The source of the unsettled blocks. */
  tail = "";

  /** Takes the next piece. @returns the blocks that it settled. */
  append(piece: string): string[] {
    this.tail += piece;
    const blocks = renderBlocks(this.tail);
    const count = Math.max(0, blocks.length - UNSETTLED_BLOCKS);
    const newlySettled = blocks.slice(0, count).map((block) => block.html);
    this.tail = this.tail.slice(blocks[count]?.start ?? 0);
    this.unsettled = blocks.slice(count).map((block) => block.html);
    this.settled += count;
    return newlySettled;
  }
}
