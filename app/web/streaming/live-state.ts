import { htmlOf } from "../rendering/growing-markdown";
import type { Block } from "../rendering/markdown";

/** A rendered state of a reply. */
export interface LiveState {
  epoch: number;
  text: string;
  reasoning: string;
  reasoningMs: number | undefined;
  /** Counts how often reasoning was dropped. */
  reasoningCuts: number;
  /** The blocks that more text can't change, of which only the first `stable` belong to this state. */
  blocks: readonly Block[];
  stable: number;
  /** The blocks after them. */
  pending: readonly Block[];
  /** The source of the pending blocks. */
  tail: string;
  /** Reports a takeover. Stays until the reply ends. */
  stickyNotice: string | undefined;
  /** Reports why the reply waits. Removed when text arrives. */
  transientNotice: string | undefined;
  /** True if the blocks lack the links that their text's definitions make. */
  hasReferences: boolean;
  /** Counts the rendered texts: equal for states that differ in their notices. */
  version: number;
  /** For each time that text was dropped, the number of blocks that stayed. */
  cuts: readonly number[];
}

export const noticeOf = (state: LiveState): string | undefined =>
  state.transientNotice ?? state.stickyNotice;

/** True while the model has reasoned and not begun to answer. */
export const isThinking = ({ text, reasoning }: LiveState): boolean =>
  text === "" && reasoning !== "";

/** The HTML of a text that has ended; `undefined` if it has to be rendered again with its references. */
export const htmlIn = ({
  blocks,
  stable,
  pending,
  hasReferences,
}: LiveState): string | undefined =>
  hasReferences ? undefined : htmlOf(blocks.slice(0, stable)) + htmlOf(pending);

/** The stable blocks, and then the pending ones. */
export const blockAt = (state: LiveState, index: number): Block | undefined =>
  index < state.stable
    ? state.blocks[index]
    : state.pending[index - state.stable];
