import type { z } from "zod";
import type { Branch as BranchSchema } from "./records";
import { firstVersion, turnOf } from "./turns";

/** A turn that is another version of one, or follows another turn than the newest before it. */
export type Branch = z.output<typeof BranchSchema>;

/** Consecutive turns, from the first number to the last. */
export interface Run {
  from: number;
  to: number;
}

export const isBranch = ({ insteadOf, follows }: Branch): boolean =>
  insteadOf !== undefined || follows !== undefined;

export const toBranch = ({ number, insteadOf, follows }: Branch): Branch => ({
  number,
  ...(insteadOf !== undefined && { insteadOf }),
  ...(follows !== undefined && { follows }),
});

/**
 * The turns of a conversation as a tree: each follows one turn, and several may follow the same one. All but
 * the branches follow the turn before them, so the branches describe the tree.
 */
export class TurnTree {
  readonly #branches: Map<number, Branch>;

  /** @param newest The number of the newest turn. */
  constructor(
    readonly branches: Branch[],
    readonly newest: number,
  ) {
    this.#branches = new Map(branches.map((one) => [one.number, one]));
  }

  /** The turn that a turn follows; below 1 if it is the first. */
  before(turn: number): number {
    const branch = this.#branches.get(turn);
    if (!branch) return turn - 2;
    const followed =
      branch.follows === undefined ? Infinity : turnOf(branch.follows);
    return Math.min(followed, firstVersion(branch) - 2);
  }

  /** The thread that ends with a turn, oldest first. */
  threadTo(turn: number): Run[] {
    const runs: Run[] = [];
    let to = turn;
    while (to > 0) {
      const from = this.#runBegin(to);
      runs.unshift({ from, to });
      to = this.#endBefore(from);
    }
    return runs;
  }

  /** The newest turn whose thread has a turn. */
  newestThrough(turn: number): number {
    const ends = [...this.#branches.keys()].map((number) => number - 2);
    const candidates = [this.newest, ...ends]
      .filter((end) => end >= turn && end <= this.newest)
      .toSorted((a, b) => b - a);
    // Threads share their beginnings: each run is followed once.
    const known = new Map<number, boolean>();
    const passes = (to: number): boolean => {
      if (to < turn) return false;
      const from = this.#runBegin(to);
      if (from <= turn) return true;
      const result = known.get(from) ?? passes(this.#endBefore(from));
      known.set(from, result);
      return result;
    };
    return candidates.find(passes) ?? turn;
  }

  /** The versions of a turn, oldest first: at least itself. */
  versionsOf(turn: number): number[] {
    const first = this.firstOf(turn);
    const others = [...this.#branches.values()]
      .filter((one) => one.insteadOf !== undefined)
      .filter((one) => firstVersion(one) === first)
      .map(({ number }) => number);
    return [...new Set([first, ...others, turn])].toSorted((a, b) => a - b);
  }

  /** The first version of a turn. */
  firstOf(turn: number): number {
    return firstVersion(this.#branches.get(turn) ?? { number: turn });
  }

  /** The turn that a run follows; always an earlier one, also in damaged data. */
  #endBefore(from: number): number {
    return Math.min(this.before(from), from - 2);
  }

  /** The first of the consecutive turns that end with a turn. */
  #runBegin(to: number): number {
    let from = 1;
    for (const number of this.#branches.keys()) {
      if (number <= to && number > from) from = number;
    }
    return from;
  }
}

export const hasTurn = (runs: readonly Run[], turn: number): boolean =>
  runs.some(({ from, to }) => from <= turn && turn <= to);
