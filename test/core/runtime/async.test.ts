import { getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  abortable,
  Condition,
  pause,
  resultWithin,
  TimeoutError,
  withHeartbeats,
  withTimeout,
} from "../../../app/core/runtime/async";

const never = () => new Promise<never>(() => undefined);

const countListeners = (signal: AbortSignal) =>
  getEventListeners(signal, "abort").length;

async function* numbers(): AsyncGenerator<number> {
  for (let number = 1; ; number++) {
    await nextTurn();
    yield number;
  }
}

async function* letters(): AsyncGenerator<string> {
  yield "a";
  await pause(50);
  yield "b";
}

async function* failing(): AsyncGenerator<string> {
  yield "a";
  await nextTurn();
  throw new Error("a fault");
}

async function* cancelled(signal: AbortSignal): AsyncGenerator<string> {
  yield "a";
  await pause(60_000, signal);
  throw new Error("cancelled by the source");
}

async function take<T>(count: number, source: AsyncIterable<T>): Promise<T[]> {
  const taken: T[] = [];
  for await (const value of source) {
    taken.push(value);
    if (taken.length === count) break;
  }
  return taken;
}

describe("withTimeout", () => {
  it("withTimeout settles as the promise does", async () => {
    await expect(withTimeout(Promise.resolve(1), 1_000)).resolves.toBe(1);
    const fault = Promise.reject(new Error("a fault"));
    await expect(withTimeout(fault, 1_000)).rejects.toThrow("a fault");
  });

  it("withTimeout rejects with a TimeoutError, or the given error, when the time is over", async () => {
    await expect(withTimeout(never(), 1)).rejects.toThrow(TimeoutError);
    await expect(
      withTimeout(never(), 1, { error: () => new Error("too slow") }),
    ).rejects.toThrow("too slow");
  });

  it("withTimeout rejects with the reason of an abort and leaves no listener behind", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = withTimeout(never(), 60_000, { signal });
    expect(countListeners(signal)).toBe(1);
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
    await expect(withTimeout(never(), 60_000, { signal })).rejects.toThrow(
      "stopped",
    );
    expect(countListeners(signal)).toBe(0);
  });
});

describe("resultWithin", () => {
  it("resultWithin resolves to undefined when the time is over or the signal aborts", async () => {
    await expect(resultWithin(Promise.resolve(1), 1_000)).resolves.toBe(1);
    await expect(resultWithin(never(), 1)).resolves.toBeUndefined();
    const signal = AbortSignal.abort();
    await expect(
      resultWithin(never(), 60_000, signal),
    ).resolves.toBeUndefined();
  });
});

describe("pause", () => {
  it("pause ends early, without an error, when the signal aborts", async () => {
    const controller = new AbortController();
    const waiting = pause(60_000, controller.signal);
    controller.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe("abortable", () => {
  it("abortable throws the reason of an abort although the source ignores it", async () => {
    const controller = new AbortController();
    const hangs = { [Symbol.asyncIterator]: () => ({ next: never }) };
    const reading = take(
      1,
      abortable(() => hangs, controller.signal),
    );
    controller.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  });

  it("abortable throws the reason of the abort, not the error that ends the source", async () => {
    const controller = new AbortController();
    const reading = take(2, abortable(cancelled, controller.signal));
    await nextTurn();
    controller.abort(new Error("stopped"));
    await expect(reading).rejects.toThrow("stopped");
  });

  it("abortable aborts and closes the source when the consumer stops early", async () => {
    const { signal } = new AbortController();
    let inner: AbortSignal | undefined;
    let isClosed = false;
    const source = async function* (given: AbortSignal) {
      inner = given;
      try {
        yield* numbers();
      } finally {
        isClosed = true;
      }
    };
    expect(await take(2, abortable(source, signal))).toEqual([1, 2]);
    await nextTurn();
    expect({ isAborted: inner?.aborted, isClosed }).toEqual({
      isAborted: true,
      isClosed: true,
    });
    expect(countListeners(signal)).toBe(0);
  });

  it("abortable passes on the source's values, its end and its error", async () => {
    const { signal } = new AbortController();
    expect(await take(9, abortable(letters, signal))).toEqual(["a", "b"]);
    await expect(take(9, abortable(failing, signal))).rejects.toThrow(
      "a fault",
    );
  });
});

describe("withHeartbeats", () => {
  it("withHeartbeats yields undefined while the source is silent and loses no value", async () => {
    const values = await take(100, withHeartbeats(letters(), 10));
    expect(values.filter((value) => value !== undefined)).toEqual(["a", "b"]);
    expect(values).toContain(undefined);
  });

  it("withHeartbeats does not wait for a silent source when the consumer stops", async () => {
    const hangs = {
      [Symbol.asyncIterator]: () => ({ next: never, return: never }),
    };
    expect(await take(2, withHeartbeats(hangs, 1))).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe("Condition", () => {
  it("Condition wakes every waiter once, and an aborted one without a notification", async () => {
    const condition = new Condition();
    const controller = new AbortController();
    const woken: string[] = [];
    const wait = async (name: string, signal?: AbortSignal) => {
      await condition.wait(signal);
      woken.push(name);
    };
    const all = [wait("first"), wait("second", controller.signal)];
    condition.notifyAll();
    await Promise.all(all);
    const aborted = wait("aborted", controller.signal);
    controller.abort();
    await aborted;
    expect(woken).toEqual(["first", "second", "aborted"]);
    await condition.wait(AbortSignal.abort());
    expect(countListeners(controller.signal)).toBe(0);
  });
});
