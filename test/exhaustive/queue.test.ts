import { explore, type Program, type Scenario } from "./explorer";
import { PromptQueue } from "../../app/backend/conversations/prompt-queue";
import { VisibleError } from "../../app/core/domain/errors";
import type { FileSystem } from "../../app/core/storage/file-system";
import { createStorageContext } from "../../app/core/storage/storage-context";

const instant = { monotonic: 0, wall: 0 };

const queueOn = (fileSystem: FileSystem) =>
  new PromptQueue(
    { ...createStorageContext({ fileSystem }), now: () => instant },
    "/queue",
  );

const add =
  (text: string): Program =>
  (disk) =>
    queueOn(disk).add({ text, at: "2026-01-31T12:00:00.000Z" }, 1);

interface World {
  /** The actions that were acknowledged, in order. */
  done: string[];
}

/** Notes an action that was acknowledged; one that was refused has no effect. */
const noting =
  (world: World, name: string, action: Program): Program =>
  async (disk) => {
    try {
      if ((await action(disk)) !== false) world.done.push(name);
    } catch (error) {
      if (!(error instanceof VisibleError)) throw error;
    }
  };

const edit: Program = (disk) => queueOn(disk).edit(3, "edited");
const withdraw: Program = (disk) => queueOn(disk).withdraw(3);

/** @returns False if the prompt does not wait any more. */
const begin: Program = async (disk) => {
  for (;;) {
    const state = await queueOn(disk).read();
    const [item] = state.waiting;
    if (!item) return false;
    if (await queueOn(disk).begin(state, item, 3)) return true;
  }
};

const actions = { edit, withdraw, begin };

/** Actions on one queued prompt at the same time. */
function changing(
  names: (keyof typeof actions)[],
  options: { retransmissions?: number; cuts?: boolean } = {},
): Scenario {
  return {
    retransmissions: options.retransmissions,
    create: () => {
      const world: World = { done: [] };
      const check = async (disk: FileSystem) => {
        const item = (await queueOn(disk).read()).find(3);
        const { done } = world;
        if (!item) throw new Error("the prompt was lost");
        if (done.includes("withdraw") && done.includes("begin")) {
          throw new Error("the prompt was withdrawn, and begun");
        }
        if (done.includes("withdraw") && item.state !== "withdrawn") {
          throw new Error("the withdrawal was lost");
        }
        if (done.includes("begin") && item.state !== "begun") {
          throw new Error("the begin was lost");
        }
        const isNeeded = item.state !== "withdrawn";
        if (isNeeded && done.includes("edit") && item.text !== "edited") {
          throw new Error("the edit was lost");
        }
      };
      return {
        prepare: add("queued"),
        programs: names.map((name) => noting(world, name, actions[name])),
        check,
        ...(options.cuts && { checkAfterPowerCut: check }),
      };
    },
  };
}

/** Prompts that are queued at the same time. */
function adding(texts: string[]): Scenario {
  return {
    create: () => {
      const world: World = { done: [] };
      return {
        programs: texts.map((text) => noting(world, text, add(text))),
        check: async (disk) => {
          const { waiting } = await queueOn(disk).read();
          const found = waiting.map(({ text }) => text);
          const numbers = waiting.map(({ prompt }) => prompt);
          if (new Set(found).size < found.length) {
            throw new Error("a prompt is queued twice");
          }
          if (numbers.some((number, index) => number !== 3 + 2 * index)) {
            throw new Error(`the numbers are ${numbers.join()}`);
          }
          if (world.done.some((text) => !found.includes(text))) {
            throw new Error("an acknowledged prompt was lost");
          }
        },
      };
    },
  };
}

it.each<[string, Scenario]>([
  [
    "an edit, a withdrawal and a begin",
    changing(["edit", "withdraw", "begin"]),
  ],
  ["two begins beside a withdrawal", changing(["begin", "begin", "withdraw"])],
  [
    "an edit and a begin, with calls that are sent again",
    changing(["edit", "begin"], { retransmissions: 1 }),
  ],
  [
    "a withdrawal and a begin, with a power cut after any call",
    changing(["withdraw", "begin"], { cuts: true }),
  ],
  ["two prompts that are queued", adding(["one", "two"])],
])("a queue keeps its word in any interleaving of %s", async (_, each) => {
  const explored = await explore(each);
  console.info(`${explored.states} states, ${explored.runs} runs`);
  expect(explored.states).toBeGreaterThan(20);
});
