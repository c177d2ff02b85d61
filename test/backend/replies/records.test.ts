import {
  compareOffsets,
  formatOffset,
  logStart,
  parseOffset,
} from "../../../app/backend/replies/log/offset";
import {
  decodeRecords,
  encodeLine,
  headerOf,
  isFinalEnd,
  isHandover,
  type Line,
  nextPromptIn,
} from "../../../app/backend/replies/log/records";
import {
  joinTexts,
  replay,
  toEvent,
  withoutTexts,
} from "../../../app/backend/replies/log/replay";
import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import { ReplyAccumulator } from "../../../app/backend/replies/writing/accumulator";
import { EpochWriter } from "../../../app/backend/replies/writing/epoch-writer";
import type { ModelEvent } from "../../../app/backend/models/model";
import { failing } from "../../support/failing-file-system";
import { MemoryDisk } from "../../support/memory-disk";

/* A reply's log line by line: what each line means, in memory and to watchers. */

const epoch = (keep: number): Line => ({
  format: 1,
  kind: "epoch",
  epoch: 1,
  holder: "http://127.0.0.1:1",
  process: "one",
  keep,
});
const end = (more: object = {}): Line => ({
  format: 1,
  kind: "end",
  after: { entry: 1, bytes: 10 },
  outcome: "complete",
  text: "All",
  model: "m",
  leftOut: 0,
  at: "2026-01-31T00:00:00Z",
  ...more,
});

/** The records of these lines, as they are read from entry 1. */
const recordsOf = (...lines: Line[]) =>
  decodeRecords(Buffer.concat(lines.map(encodeLine)), { entry: 1, bytes: 0 });

describe("an offset", () => {
  test("is found again from its text, which sorts as it does", () => {
    const offsets = [logStart, { entry: 1, bytes: 99 }, { entry: 2, bytes: 3 }];
    const texts = offsets.map(formatOffset);
    expect(texts.map(parseOffset)).toEqual(offsets);
    expect(texts.toReversed().toSorted()).toEqual(texts);
    expect(offsets.toReversed().toSorted(compareOffsets)).toEqual(offsets);
  });

  test.each(["", "-1", "1_2", `${formatOffset(logStart)}0`])(
    "%j is refused",
    (text) => {
      expect(() => parseOffset(text)).toThrow("malformed");
    },
  );
});

describe("the records of an entry", () => {
  test("end at an incomplete line, and at the zeros that a power cut leaves", () => {
    const whole = encodeLine({ text: "é" });
    for (const rest of [
      '{"text":"cut',
      "\0\0\0\0\n{}\n",
      "3\n",
      "[]\n",
      "null\n",
    ]) {
      const data = Buffer.concat([whole, Buffer.from(rest)]);
      expect(decodeRecords(data, { entry: 2, bytes: 5 })).toEqual([
        { line: { text: "é" }, offset: { entry: 2, bytes: 5 + whole.length } },
      ]);
    }
  });

  test("begin with a header, unless its creator has not written it", () => {
    expect(headerOf(recordsOf(epoch(0)))).toMatchObject({ kind: "epoch" });
    expect(headerOf(recordsOf(end()))).toMatchObject({ kind: "end" });
    expect(headerOf([])).toBeUndefined();
    expect(headerOf(recordsOf({ text: "a" }, epoch(0)))).toBeUndefined();
  });

  test("tell a handover, a final end and the next prompt", () => {
    const [handover, text] = recordsOf({ handover: true }, { text: "a" });
    expect([handover, text, undefined].map(isHandover)).toEqual([
      true,
      false,
      false,
    ]);
    const failed = end({ outcome: "failed" });
    const next = { text: "Then" };
    expect(isFinalEnd(end())).toBe(true);
    expect(isFinalEnd(failed)).toBe(false);
    expect(isFinalEnd({ ...failed, next })).toBe(true);
    expect(nextPromptIn({ ...failed, next } as never)).toEqual(next);
    expect(nextPromptIn(failed as never)).toBeUndefined();
  });
});

describe("the text after records", () => {
  test("is what all epochs keep of it, and the end has the whole", () => {
    const lines: Line[] = [
      epoch(0),
      { reasoning: "Hm. ", ms: 5 },
      { reasoning: "So.", ms: 9 },
      { text: "One " },
      {},
      { text: "two" },
    ];
    const reasoning = { reasoning: "Hm. So.", reasoningMs: 9 };
    expect(replay(recordsOf(...lines))).toEqual({
      text: "One two",
      ...reasoning,
    });
    expect(replay(recordsOf(...lines, epoch(4), { text: "three" }))).toEqual({
      text: "One three",
      ...reasoning,
    });
    expect(replay(recordsOf(...lines, epoch(0), { text: "Anew" }))).toEqual({
      text: "Anew",
      reasoning: "",
      reasoningMs: undefined,
    });
    expect(replay(recordsOf(...lines, end())).text).toBe("All");
  });

  test("is joined without a lost letter, in pieces that are not endless", () => {
    const pieces = Array.from({ length: 40 }, (_, n) => ({
      text: String(n).padEnd(5_000, "."),
    }));
    const records = recordsOf(epoch(0), ...pieces, { notice: "n" }, pieces[0]!);
    const joined = joinTexts(records);
    expect(replay(joined)).toEqual(replay(records));
    expect(joined.at(-1)).toEqual(records.at(-1));
    expect(joined.length).toBeLessThan(10);
    for (const { line } of joined) {
      expect(JSON.stringify(line).length).toBeLessThan(80_000);
    }
    expect(joined.map(({ line }) => toEvent(line)?.kind)).toContain("notice");
  });

  test("is left out of what an end repeats, and nothing else is", () => {
    const kept: Line[] = [epoch(0), { notice: "n" }, end()];
    const repeated: Line[] = [{ text: "a" }, { reasoning: "b", ms: 1 }, {}];
    const all = recordsOf(...kept, ...repeated);
    expect(withoutTexts(all).map(({ line }) => line)).toEqual(kept);
  });
});

describe("the event of a line", () => {
  test.each<[Line, object | undefined]>([
    [{ text: "a" }, { kind: "text", text: "a" }],
    [{ notice: "n" }, { kind: "notice", notice: "n" }],
    [
      { reasoning: "r", ms: 3 },
      { kind: "reasoning", text: "r", ms: 3 },
    ],
    [{ reasoning: "r" }, { kind: "reasoning", text: "r" }],
    [epoch(7), { kind: "epoch", epoch: 1, keep: 7 }],
    [{}, undefined],
    [{ handover: true }, undefined],
    [end({ outcome: "failed", next: { text: "Then" } }), undefined],
  ])("of %j is %j", (line, event) => {
    expect(toEvent(line)).toEqual(event);
  });

  test("of an end has the outcome and the text", () => {
    expect(toEvent(end())).toMatchObject({
      kind: "end",
      outcome: "complete",
      text: "All",
    });
    expect(() => toEvent({ kind: "end" })).toThrow("Invalid");
  });
});

const accumulate = (events: ModelEvent[], before: Line[] = []) => {
  const reply = new ReplyAccumulator(recordsOf(...before), 3);
  const lines = events.flatMap((event) => reply.add(event, 10.4));
  return { reply, lines };
};

const text = (piece: string): ModelEvent => ({ kind: "text", text: piece });

const thought = (piece: string): ModelEvent => ({
  kind: "reasoning",
  text: piece,
});

describe("what a model says", () => {
  test("is logged piece by piece, and an empty piece is not", () => {
    const { reply, lines } = accumulate([
      thought("Hm."),
      text("One"),
      text(""),
      { kind: "waiting", ms: 5, message: "Wait." },
      { kind: "usage", inputTokens: 1, outputTokens: 2 },
      { kind: "stop", reason: "end" },
    ]);
    expect(lines).toEqual([
      { reasoning: "Hm.", ms: 10 },
      { text: "One" },
      { notice: "Wait." },
    ]);
    expect(reply.length).toBe(6);
    expect(reply.complete(false)).toEqual({
      outcome: "complete",
      text: "One",
      reasoning: "Hm.",
      reasoningMs: 10,
      usage: { inputTokens: 1, outputTokens: 2 },
    });
  });

  test("continues what was said before, and adds up the time of reasoning", () => {
    const said = [epoch(0), { reasoning: "A", ms: 100 }, { text: "One " }];
    const { reply } = accumulate([thought("B"), text("two")], said);
    expect(reply.soFar).toEqual({
      text: "One two",
      reasoning: "AB",
      reasoningMs: 110,
    });
    expect(accumulate([text("One")]).reply.soFar).toEqual({ text: "One" });
  });

  test.each([
    ["text", { text: "AOne" }, { text: "AOne" }],
    [
      "reasoning",
      { reasoning: "AOne", ms: 10 },
      { text: "", reasoning: "AOne", reasoningMs: 10 },
    ],
  ] as const)("becomes %s as a whole in a new epoch", (as, line, soFar) => {
    const events = [thought("A"), text("One"), { kind: "reclassify", as }];
    const { reply, lines } = accumulate(events as ModelEvent[]);
    expect(lines.slice(-2)).toEqual([
      { kind: "epoch", epoch: 3, keep: 0 },
      line,
    ]);
    expect(reply.soFar).toEqual(soFar);
  });

  test.each([
    ["length", "complete", "maximum length"],
    ["filtered", "complete", "withheld"],
    ["unknown", "complete", "may be incomplete"],
  ] as const)(
    "ends with a reason if it stopped by %s",
    (reason, outcome, why) => {
      const { reply } = accumulate([text("One"), { kind: "stop", reason }]);
      expect(reply.complete(false)).toMatchObject({
        outcome,
        reason: expect.stringContaining(why),
      });
      const silent = accumulate([{ kind: "stop", reason }]).reply;
      expect(silent.complete(false)).toMatchObject({ outcome, text: "" });
    },
  );

  test("has failed if it is nothing, and is cut where it is too long", () => {
    expect(accumulate([]).reply.complete(false)).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("empty"),
    });
    expect(accumulate([text("One")]).reply.complete(true)).toMatchObject({
      outcome: "complete",
      reason: expect.stringContaining("maximum length"),
    });
    expect(accumulate([text("One")]).reply.complete(false)).toEqual({
      outcome: "complete",
      text: "One",
    });
  });
});

const header = () => ({
  holder: "http://127.0.0.1:1",
  process: "p",
  keep: 0,
});

async function open() {
  const disk = new MemoryDisk();
  const log = new ReplyLog(disk, "/reply");
  const opened = await log.open(1, header);
  if (!opened) throw new Error("It was taken.");
  return { disk, log, writer: new EpochWriter(log, opened) };
}

describe("an epoch that is closed", () => {
  const over = {
    outcome: "complete",
    text: "One",
    model: "m",
    leftOut: 0,
    at: "2026-01-31T00:00:00Z",
  };

  test("appends and ends nothing", async () => {
    const { disk, log, writer } = await open();
    writer.append({ text: "One" });
    await writer.flush();
    await writer.close();
    const before = disk.dump();
    writer.append({ text: "late" });
    await writer.flush();
    expect(await writer.seal(over)).toBeUndefined();
    await writer.close();
    expect(disk.dump()).toEqual(before);
    expect(writer.closedBy).toBe("superseded");
    const records = (await log.read())?.records ?? [];
    expect(replay(records).text).toBe("One");
  });

  test("has the end that it was sealed with, and takes no text meanwhile", async () => {
    const { log, writer } = await open();
    writer.append({ text: "One" });
    const sealing = writer.seal(over);
    await new Promise(setImmediate);
    writer.append({ text: "late" });
    expect((await sealing)?.line.outcome).toBe("complete");
    expect(writer.finalSnapshot).toBeUndefined();
    await writer.close();
    expect(writer.closedBy).toBe("ended");
    expect(writer.finalSnapshot?.currentHeader).toMatchObject(over);
    const records = (await log.read())?.records ?? [];
    expect(replay(records).text).toBe("One");
    expect(JSON.stringify(records)).not.toContain("late");
  });

  test("is a log that is read whole or not at all", async () => {
    const { disk, writer } = await open();
    writer.append({ text: "One" });
    await writer.flush();
    const broken = new ReplyLog(failing(disk, "EIO", "readFile"), "/reply");
    await expect(broken.read()).rejects.toThrow("EIO");
    const gone = new ReplyLog(failing(disk, "ENOENT", "readFile"), "/reply");
    expect(await gone.read()).toBeUndefined();
    expect(await gone.latestEntry()).toBe(1);
  });
});
