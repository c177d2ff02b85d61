import { setImmediate as nextTurn } from "node:timers/promises";
import { inBatches } from "../../../app/backend/models/in-batches";
import { joinPieces } from "../../../app/backend/models/join-pieces";
import { Condition } from "../../../app/core/runtime/async";

/** Far longer than the test: only what must not wait is passed on. */
const NEVER = { ms: 2 ** 30 };

/** A source that sends what the test tells it to. */
function controlledSource() {
  const items: string[] = [];
  const changed = new Condition();
  const state = { taken: 0, isOver: false, hasLeft: false, error: undefined };
  async function* source(): AsyncGenerator<string, void> {
    try {
      for (;;) {
        const item = items.shift();
        if (item !== undefined) {
          state.taken++;
          yield item;
        } else if (state.error) throw state.error;
        else if (state.isOver) return;
        else await changed.wait();
      }
    } finally {
      state.hasLeft = true;
    }
  }
  const end = (error?: Error) => {
    Object.assign(state, { isOver: true, error });
    changed.notifyAll();
  };
  const send = async (...more: string[]) => {
    items.push(...more);
    changed.notifyAll();
    for (let turn = 0; turn < 10; turn++) await nextTurn();
  };
  return { source, send, end, state };
}

describe("a source in batches", () => {
  it("passes its first item on at once, and then joins what comes within the interval", async () => {
    const { source, send, end } = controlledSource();
    const batches = inBatches(source(), NEVER);
    const first = batches.next();
    await send("a");
    expect((await first).value).toEqual(["a"]);
    const second = batches.next();
    await send("b");
    await send("c");
    end();
    expect((await second).value).toEqual(["b", "c"]);
    expect((await batches.next()).done).toBe(true);
  });

  it("passes each item on at once if the interval is over", async () => {
    const { source, send } = controlledSource();
    const batches = inBatches(source(), { ms: 0 });
    for (const item of ["a", "b"]) {
      const next = batches.next();
      await send(item);
      expect((await next).value).toEqual([item]);
    }
  });

  it("waits for no interval when the source fails, and passes its items on before the error", async () => {
    const { source, send, end } = controlledSource();
    const batches = inBatches(source(), NEVER);
    await Promise.all([batches.next(), send("a")]);
    const next = batches.next();
    await send("b");
    end(new Error("broken"));
    expect((await next).value).toEqual(["b"]);
    await expect(batches.next()).rejects.toThrow("broken");
  });

  it("reads a limited number of items ahead, and then does not wait", async () => {
    const { source, send, state } = controlledSource();
    const batches = inBatches(source(), NEVER);
    await Promise.all([batches.next(), send("a")]);
    await send(...Array.from({ length: 1_000 }, String));
    expect(state.taken).toBe(65);
    expect((await batches.next()).value).toHaveLength(64);
    expect((await batches.next()).value).toHaveLength(64);
  });

  it("ends its source when the consumer leaves", async () => {
    const { source, send, state } = controlledSource();
    for await (const _ of inBatches(prefixed(source()), NEVER)) break;
    await send("b");
    expect(state.hasLeft).toBe(true);
  });
});

async function* prefixed(source: AsyncGenerator<string, void>) {
  yield "a";
  yield* source;
}

describe("pieces of a reply", () => {
  it("are joined if they are adjacent and of the same kind", () => {
    expect(
      joinPieces([
        { kind: "reasoning", text: "Hm" },
        { kind: "reasoning", text: "." },
        { kind: "text", text: "4" },
        { kind: "text", text: "2" },
        { kind: "reclassify", as: "text" },
        { kind: "text", text: "!" },
        { kind: "stop", reason: "end" },
      ]),
    ).toEqual([
      { kind: "reasoning", text: "Hm." },
      { kind: "text", text: "42" },
      { kind: "reclassify", as: "text" },
      { kind: "text", text: "!" },
      { kind: "stop", reason: "end" },
    ]);
  });
});
