import type { Prompt } from "./records";

/*
 * A turn is a prompt and its reply, and has the prompt's number. A prompt can be sent again,
 * unchanged or edited: that makes a turn of its own at the end, another *version* of the first.
 * The next prompt follows one of the versions; the others stay in the log.
 */

/** The place of a message in a conversation; only prompts have the optional fields. */
export type Placed = Pick<Prompt, "number" | "insteadOf" | "follows">;

/** Prompts have odd numbers, replies even ones. */
export const isPromptNumber = (number: number): boolean => number % 2 === 1;

/** The number of the reply to a prompt. */
export const replyNumberOf = (prompt: number): number => prompt + 1;

/** The number of the next prompt after a message; 1 in an empty conversation. */
export const nextPromptNumber = (last: number): number =>
  isPromptNumber(last) ? last + 2 : last + 1;

/** The number of the turn that a message is part of. */
export const turnOf = (message: number): number =>
  isPromptNumber(message) ? message : message - 1;

/** The number of the first version of a prompt's turn. */
export const firstVersion = ({ number, insteadOf }: Placed): number =>
  Math.min(insteadOf ?? number, number);
