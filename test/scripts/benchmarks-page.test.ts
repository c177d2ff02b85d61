import {
  add,
  type Arena,
  newMeasure,
  takeTurns,
} from "../../scripts/bench/all-parts/measure";
import {
  decodeMeasured,
  encodeMeasured,
} from "../../scripts/bench/all-parts/stored-results";
import { measureTable } from "../../scripts/bench/all-parts/results-page";
import { readChange, rerun } from "../../scripts/bench/peers/streamlit-wire";

const rowsOf = (table: string) =>
  table
    .split("\n")
    .slice(2)
    .map((row) => row.split("|").map((cell) => cell.trim()));

describe("a table of benchmarks", () => {
  it("shows the median, the range and the first row's advantage", () => {
    const rate = newMeasure("Messages", "a second", "higher");
    for (const value of [30, 10, 20]) add(rate, "ours", value);
    add(rate, "theirs", 5);
    expect(rowsOf(measureTable(rate))).toEqual([
      ["", "ours", "20", "10 to 30", "3", "", "", ""],
      ["", "theirs", "5", "5 to 5", "1", "4", "", ""],
    ]);
  });

  it("says that the first row is worse where less is better", () => {
    const time = newMeasure("First text", "ms", "lower");
    add(time, "ours", 200);
    add(time, "theirs", 50);
    const [, theirs] = rowsOf(measureTable(time));
    expect(theirs?.[5]).toBe("0.25");
  });

  it("has a row with the reason for a chat that failed in each round", () => {
    const time = newMeasure("First text", "ms", "lower");
    add(time, "ours", 200);
    time.notes.set("theirs", "failed in round 1: no answer");
    const [, theirs] = rowsOf(measureTable(time));
    expect(theirs?.slice(1, 3)).toEqual(["theirs", "none"]);
    expect(theirs?.[6]).toBe("failed in round 1: no answer");
  });
});

it("figures of a part are stored and read again as they were", () => {
  const rate = newMeasure("Messages", "a second", "higher");
  add(rate, "ours", 30);
  rate.notes.set("theirs", "a fact");
  const moment = { at: new Date(0), load: 1.5 };
  const measured = { measures: [rate], begun: moment, ended: moment };
  expect(decodeMeasured(encodeMeasured(measured))).toEqual(measured);
});

it("a chat that takes its turns after the time is over is reported, and not measured", async () => {
  const rate = newMeasure("Messages", "a second", "higher");
  const turn = jest.fn();
  const contestant = { name: "ours", box: "", restores: false };
  const arena = {
    contestants: [contestant],
    deadline: performance.now() - 1,
    stop: () => Promise.resolve(),
  } as unknown as Arena;
  await takeTurns(arena, 1, [rate], turn);
  expect(turn).not.toHaveBeenCalled();
  expect(rate.notes.get("ours")).toContain("no time was left");
});

describe("Streamlit's protocol", () => {
  it("finds the message box and the end of a run", () => {
    // A delta with an element `chat_input`, whose id is `box1`.
    const delta = "2a0b1a098a03060a04626f7831";
    expect(readChange(Buffer.from(delta, "hex"))).toMatchObject({
      box: "box1",
      isFinished: false,
    });
    expect(readChange(Buffer.from("3000", "hex")).isFinished).toBe(true);
  });

  it("asks for a run of the script with the typed text", () => {
    const typed = { box: "b", text: "Hi" };
    expect(Buffer.from(rerun("q", typed)).toString("hex")).toBe(
      "5a100a0171120b0a090a01627a040a024869",
    );
  });
});
