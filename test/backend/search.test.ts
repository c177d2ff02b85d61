import { setImmediate as turn } from "node:timers/promises";
import { OwnerIndex } from "../../app/backend/owner-index/owner-index";
import { MessageLog } from "../../app/backend/conversations/message-log";
import { Search } from "../../app/backend/conversations/search";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { temporaryFolders } from "../support/temporary-folder";

const temporaryFolder = temporaryFolders();
const OWNER = "a".repeat(64);
const ID = "abcdefghijklmnopqrstuvwxyz";
const at = "2026-01-01T00:00:00.000Z";

async function searchIn(
  texts: string[],
  options: { insteadOf?: number; deletedTurns?: number[] } = {},
): Promise<Search> {
  const { insteadOf, deletedTurns } = options;
  const files = createStorageContext();
  const folders = recordFoldersIn(await temporaryFolder());
  const ownerIndex = new OwnerIndex(files, folders);
  await ownerIndex.append(OWNER, {
    kind: "conversation",
    version: 1,
    conversation: {
      id: ID,
      title: "A title",
      model: "eliza",
      project: null,
      maxTokens: null,
      temperature: null,
      createdAt: at,
      deletedAt: null,
      deletedTurns,
    },
  });
  const messages = new MessageLog(files, folders.messages(OWNER, ID));
  const [first = "", ...others] = texts;
  await messages.addFirst({ text: first, at });
  for (const text of others) {
    await messages.addPrompt({ text, at, insteadOf }, async () => ({}));
  }
  // A clock that stands still: on a busy machine a search would reach its time limit.
  return new Search({ files, folders, ownerIndex, clock: () => 0 });
}

const find = (search: Search, query: string, signal = never()) =>
  search.find(OWNER, query, signal);
const never = () => new AbortController().signal;

it.each([
  ["vital elan", "Ein Élan VITAL!", "Ein Élan VITAL!"],
  ["İstanbul", "ISTANBUL", "ISTANBUL"],
  ["ﬁn", "eﬁn", "eﬁn"],
  ["漢字", `${"x".repeat(400)} 漢字 ${"y".repeat(400)}`, "漢字"],
  ["한글", "한글은", "한글은"],
])("finds %s in %s", async (query, text, shown) => {
  const { results } = await find(await searchIn([text]), query);
  expect(results[0]?.excerpts[0]?.text).toContain(shown);
});

it("finds nothing for a missing word, or for no word", async () => {
  const search = await searchIn(["Some words."]);
  for (const query of ["other", "some other", " ", "\u200b"]) {
    expect((await find(search, query)).results).toEqual([]);
  }
});

it("finds another version of a deleted message with the same text", async () => {
  const texts = ["Élan vital", "Élan vital"];
  for (const [deletedTurns, found] of [
    [[], [1]],
    [[1], [3]],
    [[3], [1]],
    [[1, 3], []],
  ]) {
    const search = await searchIn(texts, { insteadOf: 1, deletedTurns });
    const { results } = await find(search, "vital");
    const numbers = results.flatMap(({ excerpts }) =>
      excerpts.map(({ number }) => number),
    );
    expect(numbers).toEqual(found);
  }
});

it("shows the newest three of many matching messages", async () => {
  const search = await searchIn(["word 1", "word 2", "word 3", "word 4"]);
  const { results } = await find(search, "word");
  expect(results[0]?.excerpts.map(({ text }) => text)).toEqual([
    "word 4",
    "word 3",
    "word 2",
  ]);
});

it("finds a word at the end of a message of 1 MB, and yields on the way", async () => {
  const search = await searchIn([`${"é ".repeat(340_000)} ﾊﾟﾊﾟ`]);
  const found = find(search, "パパ");
  let turns = 0;
  const counting = (async () => {
    while ((await Promise.race([found, turn("turn")])) === "turn") turns++;
  })();
  const { results } = await found;
  await counting;
  expect(results[0]?.excerpts[0]?.text).toContain("ﾊﾟﾊﾟ");
  expect(turns).toBeGreaterThanOrEqual(20);
});

it("yields after each message", async () => {
  const texts = Array<string>(20).fill("Long words. ".repeat(5_000));
  const search = await searchIn(texts);
  const found = find(search, "absent");
  for (const _ of texts) {
    const first = await Promise.race([found, turn("a turn of others")]);
    expect(first).toBe("a turn of others");
  }
  expect((await found).results).toEqual([]);
});

it("ends when the caller has gone", async () => {
  const search = await searchIn(["Some words."]);
  const gone = AbortSignal.abort(new Error("gone"));
  await expect(find(search, "words", gone)).rejects.toThrow("gone");
});
