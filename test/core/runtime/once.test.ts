import { once } from "../../../app/core/runtime/once";

describe("once", () => {
  it("works out each thing's result once, whatever the result is", () => {
    const asked: object[] = [];
    const work = once((given: { result?: string }) => {
      asked.push(given);
      return given.result;
    });
    const [one, other] = [{ result: "one" }, {}];

    expect([work(one), work(other), work(one), work(other)]).toEqual([
      "one",
      undefined,
      "one",
      undefined,
    ]);
    expect(asked).toEqual([one, other]);
  });
});
