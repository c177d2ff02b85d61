import type { Message, Prompt, Reply } from "../../core/domain/records";
import { limits } from "../../core/domain/records";
import { replyNumberOf } from "../../core/domain/turns";

/** A turn of a conversation that is imported. */
export interface ImportedTurn {
  prompt: Omit<Prompt, "number" | "role" | "insteadOf" | "follows">;
  reply: Omit<Reply, "number" | "role">;
  /** The turn that it follows; absent for one at the beginning. */
  after?: ImportedTurn | undefined;
}

/** A conversation as a file has it, checked and bounded. */
export interface ImportedConversation {
  /** The id that it had in Keepsake. */
  id?: string | undefined;
  title: string;
  /** The id of its model, which there may not be. */
  model?: string | undefined;
  /** The id of its project in the file. */
  project?: string | undefined;
  maxTokens: number | null;
  temperature: number | null;
  /** Other settings of Keepsake: those that this version of the program knows. */
  settings: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
  isPinned: boolean;
  isArchived: boolean;
  /** In the order in which they were begun; the last one ends the newest thread. */
  turns: ImportedTurn[];
  /** What was left out of it. */
  left: Leftover[];
}

/** The reason why a conversation, or a part of it, was left out. */
export type Leftover =
  /** The whole conversation. */
  | "invalid"
  | "tooLong"
  | "empty"
  | "here"
  | "deleted"
  /** Parts. */
  | "files"
  | "versions"
  | "cutTexts";

/** The messages of these turns, numbered without gaps. */
export async function* messagesOf(
  turns: readonly ImportedTurn[],
): AsyncGenerator<Message, void> {
  const numbers = new Map<ImportedTurn | undefined, number>();
  const firsts = new Map<ImportedTurn | undefined, number>();
  let number = 1;
  for (const turn of turns) {
    const { after, prompt, reply } = turn;
    const first = firsts.get(after);
    const before = numbers.get(after) ?? -1;
    const place = placeOf(number, { first, before });
    if (first === undefined) firsts.set(after, number);
    numbers.set(turn, number);
    yield { ...prompt, number, role: "user", ...place };
    yield { ...reply, number: replyNumberOf(number), role: "assistant" };
    number += 2;
  }
}

/** The fields by which `TurnTree` finds the turn before one. */
function placeOf(
  number: number,
  { first, before }: { first: number | undefined; before: number },
): Pick<Prompt, "insteadOf" | "follows"> {
  const place = first === undefined ? {} : { insteadOf: first };
  const byDefault = (first ?? number) - 2;
  return before === byDefault || before < 1
    ? place
    : { ...place, follows: replyNumberOf(before) };
}

/** Counts the branches that turns make, so that a conversation stays within its limits. */
export class BranchCount {
  private readonly siblings = new Map<ImportedTurn | undefined, number>();
  private last: ImportedTurn | undefined;
  private branches = 0;

  /** @returns False if there is no room for another turn after this one. */
  hasRoom(after: ImportedTurn | undefined): boolean {
    const versions = this.siblings.get(after) ?? 0;
    return (
      versions < limits.versions - 1 && this.branches < limits.branches - 10
    );
  }

  add(turn: ImportedTurn): void {
    const versions = this.siblings.get(turn.after) ?? 0;
    this.siblings.set(turn.after, versions + 1);
    if (versions > 0 || turn.after !== this.last) this.branches += 1;
    this.last = turn;
  }
}
