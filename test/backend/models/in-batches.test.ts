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

/** By `performance.now()`. */
let nowMs = 0;

beforeEach(() => {
  nowMs = 0;
  jest.spyOn(performance, "now").mockImplementation(() => nowMs);
});

afterEach(() => jest.restoreAllMocks());

/** Batches of a source that is old enough for the whole interval, after two items. */
async function oldSource(interval = NEVER) {
  const controlled = controlledSource();
  const batches = inBatches(controlled.source(), interval);
  for (const item of ["a", "b"]) {
    const next = batches.next();
    await controlled.send(item);
    expect((await next).value).toEqual([item]);
    nowMs = NEVER.ms;
  }
  return { ...controlled, batches };
}

describe("a source in batches", () => {
  it("passes its first items on at once, and then joins what comes within the interval", async () => {
    const { send, end, batches } = await oldSource();
    const next = batches.next();
    await send("c");
    await send("d");
    end();
    expect((await next).value).toEqual(["c", "d"]);
    expect((await batches.next()).done).toBe(true);
  });

  it("passes each item on at once if the interval is over", async () => {
    const { send, batches } = await oldSource({ ms: 0 });
    for (const item of ["c", "d"]) {
      const next = batches.next();
      await send(item);
      expect((await next).value).toEqual([item]);
    }
  });

  it("waits for no interval when the source fails, and passes its items on before the error", async () => {
    const { send, end, batches } = await oldSource();
    const next = batches.next();
    await send("c");
    end(new Error("broken"));
    expect((await next).value).toEqual(["c"]);
    await expect(batches.next()).rejects.toThrow("broken");
  });

  it("reads a limited number of items ahead, and then does not wait", async () => {
    const { send, state, batches } = await oldSource();
    await send(...Array.from({ length: 1_000 }, String));
    expect(state.taken).toBe(2 + 64);
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
