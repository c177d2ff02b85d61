import { setImmediate as turn } from "node:timers/promises";
import { Pacer } from "../../../app/core/runtime/pacer";

it("runs work of many askers one after another, and lets others have their turn between", async () => {
  const pacer = new Pacer();
  const order: number[] = [];
  const work = Array.from({ length: 10 }, (_, index) =>
    pacer.run(() => {
      const until = performance.now() + 6;
      while (performance.now() < until);
      order.push(index);
    }),
  );
  const seen = new Set<number>();
  const all = Promise.all(work);
  while ((await Promise.race([all, turn("turn")])) === "turn") {
    seen.add(order.length);
  }
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect([...seen]).toEqual(
    expect.arrayContaining([1, 2, 3, 4, 5, 6, 7, 8, 9]),
  );
});

it("goes on after work that fails", async () => {
  const pacer = new Pacer();
  const failed = pacer.run(() => {
    throw new Error("broken");
  });
  await expect(failed).rejects.toThrow("broken");
  expect(await pacer.run(() => 1)).toBe(1);
});
