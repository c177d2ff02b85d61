import type { PromptService } from "../../app/backend/conversations/prompts";
import { ModelError } from "../../app/backend/models/model";
import { VisibleError } from "../../app/core/domain/errors";
import type { FileSystem } from "../../app/core/storage/file-system";
import { fc, runs } from "../support/fast-check";
import type { ConversationPage } from "../../app/core/domain/records";
import { dieAfter, freezeBefore } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { inProgressFolder, MODEL, OWNER, useProcesses } from "./memory-process";
import { type ReplyModels, scriptedModels } from "./replies/scripted-models";
import { waitFor } from "../support/wait-for";

const failing = scriptedModels(() => [
  new ModelError("timed-out", "It said nothing.", "Look."),
]).models;
const answering = scriptedModels(() => ["I see."]).models;
const silent = scriptedModels(() => ["So ", () => new Promise(Boolean)]).models;

const processes = useProcesses(400);
const { endAll } = processes;
const start = (fileSystem: FileSystem, models: ReplyModels = silent) =>
  processes.start(fileSystem, models);

/** A conversation whose first reply has ended. */
async function begun(models: ReplyModels) {
  const disk = new MemoryDisk();
  const { prompts, replies } = start(disk, models);
  const given = { text: "I feel lost", model: MODEL };
  const { conversation } = await prompts.createConversation(OWNER, given);
  const { id } = conversation;
  const ref = { ownerHash: OWNER, conversation: id, number: 2 };
  await waitFor(
    async () => (await replies.snapshot(ref))?.status !== "writing",
  );
  await endAll();
  return { disk, id };
}

type Doing = (prompts: PromptService, id: string) => Promise<unknown>;

const sending =
  (text: string, insteadOf?: number): Doing =>
  (prompts, id) =>
    prompts.send(OWNER, id, { text, insteadOf }, `key of ${text}`);

/** The possible actions after the end of a reply. */
const doings = {
  Retry: (prompts, id) => prompts.retry(OWNER, id, 2),
  "a prompt": sending("And now?"),
  "another prompt": sending("Hello?"),
  "an edit": sending("I feel old", 1),
  "another answer": (prompts, id) => prompts.regenerate(OWNER, id, 2),
} satisfies Record<string, Doing>;

type Name = keyof typeof doings;

/** The prompt of each action. */
const prompts: Partial<Record<Name, string>> = {
  "a prompt": "And now?",
  "another prompt": "Hello?",
  "an edit": "I feel old",
  "another answer": "I feel lost",
};

/** @returns Whether it was done, and not refused as coming second. */
async function isDone(doing: Promise<unknown>): Promise<boolean> {
  try {
    await doing;
    return true;
  } catch (error) {
    if (error instanceof VisibleError && error.status === 409) return false;
    throw error;
  }
}

/** The state that a later process finds: the prompts, and the replies in progress. */
async function find(disk: MemoryDisk, id: string) {
  const { conversationPages, replies } = start(disk);
  const page = await conversationPages.read(OWNER, id, { limit: 20 });
  const isWriting = async (number: number) => {
    if (page.reply?.number === number) return page.reply.status === "writing";
    const ref = { ownerHash: OWNER, conversation: id, number };
    return (await replies.snapshot(ref))?.status === "writing";
  };
  const writing: number[] = [];
  for (let number = 2; number <= 10; number += 2) {
    if (await isWriting(number)) writing.push(number);
  }
  return { asked: promptsOf(page), writing };
}

const promptsOf = ({ messages }: ConversationPage) =>
  messages.filter(({ role }) => role === "user").map(({ text }) => text);

/** The expected state after an action: exactly its reply is in progress. */
function after(name: Name) {
  const prompt = prompts[name];
  return prompt === undefined
    ? { asked: ["I feel lost"], writing: [2] }
    : { asked: ["I feel lost", prompt], writing: [4] };
}

type Begun = Awaited<ReturnType<typeof begun>>;

/** Count of file system calls of an action without any other. */
async function callsOf({ disk, id }: Begun, name: Name): Promise<number> {
  const { fileSystem, calls } = freezeBefore(disk.copy());
  await isDone(doings[name](start(fileSystem).prompts, id));
  const taken = calls();
  await endAll();
  return taken;
}

/** Runs each action up to a call, one after the other, and then the rest of each. */
async function interleave(
  { disk: before, id }: Begun,
  turns: readonly { name: Name; stop: number }[],
) {
  const disk = before.copy();
  const all = [];
  for (const { name, stop } of turns) {
    const { fileSystem, frozen, thaw } = freezeBefore(disk, stop);
    const doing = isDone(doings[name](start(fileSystem).prompts, id));
    all.push({ name, doing, thaw });
    await Promise.race([doing, frozen]);
  }
  const done: Name[] = [];
  for (const { name, doing, thaw } of all) {
    thaw();
    if (await doing) done.push(name);
  }
  const left = await find(disk, id);
  await endAll();
  return { done, ...left };
}

/** Expects the state after exactly one action; a second Retry changes nothing. */
function expectOne(of: object, done: Name[], left: object) {
  expect({ of, done: new Set(done).size }).toEqual({ of, done: 1 });
  expect({ of, ...left }).toEqual({ of, ...after(done[0]!) });
}

const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** At which of their calls two are interrupted: at any of so many, or with INTERLEAVINGS=all at each. */
function pairsOfStops(most: number, mostOfSecond: number): [number, number][] {
  const all = upTo(most + 1).flatMap((stop) =>
    upTo(mostOfSecond + 1).map((other): [number, number] => [stop, other]),
  );
  const isWhole = process.env["INTERLEAVINGS"] === "all";
  return isWhole ? all : fc.sample(fc.constantFrom(...all), SAMPLED);
}

const SAMPLED = runs(30);

describe.each([
  ["failed", failing, "Retry", "a prompt"],
  ["failed", failing, "a prompt", "Retry"],
  ["failed", failing, "Retry", "an edit"],
  ["failed", failing, "an edit", "Retry"],
  ["failed", failing, "a prompt", "another prompt"],
  ["failed", failing, "a prompt", "an edit"],
  ["failed", failing, "another answer", "Retry"],
  ["failed", failing, "Retry", "Retry"],
  ["has been given", answering, "another answer", "a prompt"],
  ["has been given", answering, "an edit", "another answer"],
] as const)("when a reply %s", (_, models, first, second) => {
  test(`exactly one of ${first} and ${second} wins, wherever they interrupt each other`, async () => {
    const before = await begun(models);
    const most = await callsOf(before, first);
    const mostOfSecond = await callsOf(before, second);
    for (const [stop, other] of pairsOfStops(most, mostOfSecond)) {
      const turns = [
        { name: first, stop },
        { name: second, stop: other },
      ];
      const { done, ...left } = await interleave(before, turns);
      expectOne(turns, done, left);
    }
  }, 600_000);
});

const stops = fc.record({
  name: fc.constantFrom(...(Object.keys(doings) as Name[])),
  stop: fc.integer({ min: 1, max: 50 }),
});

test("exactly one of many concurrent actions after a failure wins", async () => {
  const before = await begun(failing);
  const property = fc.asyncProperty(
    fc.uniqueArray(stops, {
      minLength: 3,
      maxLength: 4,
      selector: ({ name }) => name,
    }),
    async (turns) => {
      const { done, ...left } = await interleave(before, turns);
      expectOne(turns, done, left);
    },
  );
  const checked = fc.assert(property, { numRuns: SAMPLED });
  await expect(checked).resolves.toBeUndefined();
}, 600_000);

describe.each([
  ["Retry", "a prompt"],
  ["Retry", "an edit"],
  ["a prompt", "Retry"],
  ["a prompt", "another prompt"],
  ["an edit", "Retry"],
] as const)("a process that dies", (first, second) => {
  test(`at any call of ${first} has either done it or not, and ${second} is refused or done`, async () => {
    const before = await begun(failing);
    const ends = new Set<Name>();
    for (let calls = 0; ; calls++) {
      const disk = before.disk.copy();
      const { fileSystem, hasDied } = dieAfter(disk, calls);
      const dying = start(fileSystem).prompts;
      const doing = doings[first](dying, before.id);
      const isTold = await doing.then(
        () => true,
        () => false,
      );
      const isOther = await isDone(
        doings[second](start(disk).prompts, before.id),
      );
      const done = isOther ? second : first;
      ends.add(done);
      const left = await find(disk, before.id);
      expectOne({ calls }, isTold && isOther ? [first, second] : [done], left);
      // A client without a response sends its request again.
      const again = doings[first](start(disk).prompts, before.id);
      expect({ calls, isDone: await isDone(again) }).toEqual({
        calls,
        isDone: !isOther,
      });
      expect(await find(disk, before.id)).toEqual(left);
      const listed = await disk.readdir(inProgressFolder);
      expect(listed).toContain(`${OWNER}.${before.id}.${left.writing[0]}`);
      if (!hasDied()) break;
    }
    expect([...ends]).toEqual([second, first]);
  }, 120_000);
});
