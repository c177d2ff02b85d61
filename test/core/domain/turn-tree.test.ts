import * as fc from "fast-check";
import { limits } from "../../../app/core/domain/records";
import {
  type Branch,
  hasTurn,
  TurnTree,
} from "../../../app/core/domain/turn-tree";

/** The turns of a conversation: each continues the one before it, or is a branch. */
const trees = fc
  .array(fc.record({ kind: fc.nat(3), to: fc.nat(1_000) }), { maxLength: 40 })
  .map((turns) => {
    const branches = turns.flatMap(({ kind, to }, index): Branch[] => {
      const number = 2 * index + 1;
      const earlier = index === 0 ? 1 : 2 * (to % index) + 1;
      if (kind === 1) return [{ number, insteadOf: earlier }];
      return kind === 2 ? [{ number, follows: earlier + 1 }] : [];
    });
    return new TurnTree(branches, Math.max(1, 2 * turns.length - 1));
  });

describe("TurnTree", () => {
  it("finds the newest turn whose thread has a turn", () => {
    fc.assert(
      fc.property(trees, fc.nat(40), (tree, index) => {
        const turn = 2 * index + 1;
        const ends = tree.branches.map(({ number }) => number - 2);
        const newest = [tree.newest, ...ends]
          .filter((end) => turn <= end && end <= tree.newest)
          .filter((end) => hasTurn(tree.threadTo(end), turn));
        expect(tree.newestThrough(turn)).toBe(Math.max(turn, ...newest));
      }),
      { numRuns: 2_000 },
    );
  });

  it("follows each of many branches once", () => {
    const branches = Array.from({ length: limits.branches }, (_, index) => {
      const number = 2 * index + 5;
      return { number, follows: index === 0 ? 2 : number - 1 };
    });
    const tree = new TurnTree(branches, 2 * branches.length + 3);
    const before = jest.spyOn(tree, "before");
    expect(tree.newestThrough(3)).toBe(3);
    expect(before.mock.calls.length).toBeLessThan(2 * branches.length);
  });
});
