import { fc, runs } from "../support/fast-check";
import { inPieces } from "./properties";
import { targets } from "./targets";

describe("every parser of text from outside", () => {
  it.each(Object.entries(targets))(
    "keeps its promises for any text: %s",
    async (_, target) => {
      const part = fc.oneof(
        { weight: 5, arbitrary: fc.constantFrom(...target.words) },
        { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 5 }) },
      );
      const text = fc.array(part, { maxLength: 30 }).map((all) => all.join(""));
      const property = fc.asyncProperty(text, async (some) => {
        await target.check(some);
      });
      const checking = fc.assert(property, { numRuns: runs(200) });
      await expect(checking).resolves.toBeUndefined();
    },
  );

  it("gets the text in pieces that make the whole", () => {
    const text = "a text of some length, 😀 included";
    expect(inPieces(text).join("")).toBe(text);
    expect(inPieces(text).length).toBeGreaterThan(3);
  });
});
