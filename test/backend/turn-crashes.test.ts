import type { FileSystem } from "../../app/core/storage/file-system";
import { dieAfter, failOnce, FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { waitFor } from "../support/wait-for";
import { idle, MODEL, OWNER, useProcesses } from "./memory-process";
import { scriptedModels } from "./replies/scripted-models";

/** Answers each prompt at once, but for a slow one, whose reply never ends. */
const { models } = scriptedModels((messages) =>
  messages.at(-1)?.text === "slow"
    ? ["So ", () => new Promise(Boolean)]
    : [`On ${messages.at(-1)?.text}.`],
);

const { start, endAll } = useProcesses(20);

/** Every call with INTERLEAVINGS=all, else each third: the calls between differ little. */
const STEP = process.env["INTERLEAVINGS"] === "all" ? 1 : 3;

type Disk = FileSystem & Pick<MemoryDisk, "operations" | "cutAfter">;

/** A conversation of three turns. The reply to a last prompt that is slow has not ended. */
async function given(last: string): Promise<{ disk: MemoryDisk; id: string }> {
  const disk = new MemoryDisk();
  const { prompts, replies } = start(disk, models);
  const first = { text: "one", model: MODEL };
  const { conversation } = await prompts.createConversation(OWNER, first);
  const { id } = conversation;
  const ended = (number: number) =>
    waitFor(async () => {
      const ref = { ownerHash: OWNER, conversation: id, number };
      return (await replies.snapshot(ref))?.status !== "writing";
    });
  await ended(2);
  await prompts.send(OWNER, id, { text: "two" });
  await ended(4);
  await prompts.send(OWNER, id, { text: last });
  if (last !== "slow") await ended(6);
  await endAll();
  await idle();
  return { disk, id };
}

/** The prompts that a later process shows, and the replies to the first ones of the thread. */
async function find(disk: FileSystem, id: string, thread = 0) {
  const { conversationPages } = start(disk, models);
  const options = { limit: 40, thread };
  const { messages } = await conversationPages.read(OWNER, id, options);
  await endAll();
  return messages
    .filter(({ role, number }) => role === "user" || number <= 4)
    .map(({ number, text }) => `${number} ${text}`);
}

const one = ["1 one", "2 On one."];
const two = ["3 two", "4 On two."];

/** A change of turns: its request, and the prompts before and after it. */
interface Change {
  last: string;
  request: (on: FileSystem, id: string) => Promise<unknown>;
  before: string[];
  after: string[];
  /** The thread of the first version, which an edit must keep. */
  kept?: string[];
}

const edit =
  (insteadOf: number): Change["request"] =>
  (on, id) =>
    start(on, models).prompts.send(
      OWNER,
      id,
      { text: "edited", insteadOf },
      "the-key",
    );

const removal =
  (turn: number): Change["request"] =>
  (on, id) =>
    start(on, models).conversations.deleteTurn(OWNER, id, turn);

const changes: Record<string, Change> = {
  "an edit of the first prompt": {
    last: "three",
    request: edit(1),
    before: [...one, ...two, "5 three"],
    after: ["7 edited"],
    kept: [...one, ...two, "5 three"],
  },
  "an edit of a prompt between others": {
    last: "three",
    request: edit(3),
    before: [...one, ...two, "5 three"],
    after: [...one, "7 edited"],
    kept: [...one, ...two, "5 three"],
  },
  "the deletion of an earlier turn": {
    last: "three",
    request: removal(3),
    before: [...one, ...two, "5 three"],
    after: [...one, "5 three"],
  },
  "the deletion of a turn whose reply is being written": {
    last: "slow",
    request: removal(5),
    before: [...one, ...two, "5 slow"],
    after: [...one, ...two],
  },
  "the return of a deleted turn": {
    last: "three",
    request: async (on, id) => {
      const { conversations } = start(on, models);
      return conversations.restoreTurn(OWNER, id, 1);
    },
    before: [...two, "5 three"],
    after: [...one, ...two, "5 three"],
  },
};

const names = Object.keys(changes);

const prepared = new Map<string, { disk: MemoryDisk; id: string }>();

/** A copy of the disk on which a change begins: a copy can't lose power, since it has no past. */
async function beginOnCopy(name: string) {
  const known = prepared.get(name) ?? (await prepare(name));
  prepared.set(name, known);
  return { ...known, disk: known.disk.copy() };
}

/** The disk on which a change begins. */
async function prepare(name: string) {
  const { disk, id } = await given(changes[name]!.last);
  if (name !== "the return of a deleted turn") return { disk, id };
  await removal(1)(disk, id);
  await endAll();
  await idle();
  return { disk, id };
}

/** The thread of the first version, where the change must keep one. */
const findKept = async (disk: Disk, id: string, { kept }: Change) =>
  kept && find(disk, id, 5);

/** Some of the disks that a power cut may leave: each write of the replies doubles their number. */
function someOf(disks: Iterable<MemoryDisk>): MemoryDisk[] {
  const some: MemoryDisk[] = [];
  for (const disk of disks) if (some.push(disk) === 4) break;
  return some;
}

test.each(names)(
  "%s is done or not if its process dies at any call, and a repeated request completes it and survives a power cut",
  async (name) => {
    const change = changes[name]!;
    const { request, before, after } = change;
    let deaths = 0;
    const ends = new Set<string>();
    for (let calls = 0; ; calls += STEP) {
      const { disk, id } = await prepare(name);
      const process = dieAfter(disk, calls);
      await request(process.fileSystem, id).catch(() => undefined);
      await idle();
      await endAll();
      const left = await find(disk.copy(), id);
      expect([before, after]).toContainEqual(left);
      ends.add(left.join());
      await request(disk, id);
      const acknowledged = disk.operations.length;
      await endAll();
      for (const cut of someOf(disk.cutAfter(acknowledged))) {
        expect({ calls, found: await find(cut, id) }).toEqual({
          calls,
          found: after,
        });
        expect(await findKept(cut, id, change)).toEqual(change.kept);
      }
      if (!process.hasDied()) break;
      deaths++;
    }
    expect(ends.size).toBe(2);
    expect(deaths).toBeGreaterThan(3);
  },
  120_000,
);

test.each(
  names.flatMap((name) => FAULT_KINDS.map((kind) => [name, kind] as const)),
)(
  "%s is done if it is acknowledged, whichever call is %s",
  async (name, kind) => {
    const change = changes[name]!;
    const { request, before, after } = change;
    for (let call = 1; ; call += STEP) {
      const { disk, id } = await beginOnCopy(name);
      const faulty = failOnce(disk, { call, code: "ENOSPC", kind });
      const isDone = await request(faulty.fileSystem, id).then(
        () => true,
        () => false,
      );
      await idle();
      await endAll();
      const states = isDone ? [after] : [before, after];
      expect(states).toContainEqual(await find(disk, id));
      await request(disk, id);
      await endAll();
      expect(await find(disk, id)).toEqual(after);
      expect(await findKept(disk, id, change)).toEqual(change.kept);
      if (!faulty.hasFailed()) return;
    }
  },
  120_000,
);
