import { memoize } from "../../../app/core/runtime/memoize";

describe("memoize", () => {
  it("memoize computes each object's result once, also an undefined one", () => {
    const computed: object[] = [];
    const work = memoize((argument: { result?: string }) => {
      computed.push(argument);
      return argument.result;
    });
    const [first, second] = [{ result: "first" }, {}];

    expect([work(first), work(second), work(first), work(second)]).toEqual([
      "first",
      undefined,
      "first",
      undefined,
    ]);
    expect(computed).toEqual([first, second]);
  });
});
