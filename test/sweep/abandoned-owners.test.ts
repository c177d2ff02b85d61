import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { abandonedAfterMs } from "../../app/sweep/abandoned-owners";
import { sweepRecords } from "../../app/sweep/sweep-records";
import {
  backend,
  createConversation,
  listConversations,
  readConversation,
  whenListed,
} from "../support/fixtures";
import { callApi } from "../support/start-backend";
import { beginSweep } from "../support/begin-sweep";
import { records, useSweptRecords } from "../support/swept-records";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LONG_AGO = 100 * DAY;
const TERMS = { deletedMs: 30 * DAY, abandonedMs: 67 * DAY };

const { sweep, killEverywhere } = useSweptRecords(TERMS);

const folderOf = (owner: string, directory = records) =>
  recordFoldersIn(directory).owner(hashOf(owner));

/** A call of web for an anonymous owner, or of an earlier version of web. */
const visit = (owner: string, kind: string | undefined = "anonymous") =>
  callApi(backend, "GET", "/v1/conversations", {
    owner,
    headers: kind ? { "keepsake-owner-kind": kind } : {},
  });

/** Makes an owner with a conversation whose reply has ended. */
async function make(kind?: string): Promise<string> {
  const owner = randomUUID();
  const { conversation } = await createConversation(owner);
  await whenListed(owner, conversation.id);
  await visit(owner, kind);
  return owner;
}

/** Sets back the times of an owner's visits and changes. */
async function age(owner: string, ms: number, directory = records) {
  const then = new Date(Date.now() - ms);
  const folder = folderOf(owner, directory);
  for (const part of ["visits", "activity"]) {
    const names = await readdir(path.join(folder, part)).catch(() => []);
    for (const name of names) {
      await utimes(path.join(folder, part, name), then, then);
    }
  }
}

const isThere = (owner: string, directory = records) =>
  readdir(folderOf(owner, directory)).then(
    () => true,
    () => false,
  );

/** Makes an owner that a sweep marked two hours ago. */
async function makeMarked(directory = records): Promise<string> {
  const owner = await make();
  await age(owner, LONG_AGO);
  await sweep(directory);
  const mark = path.join(folderOf(owner), "visits", "abandoned");
  const then = new Date(Date.now() - 2 * HOUR);
  await utimes(mark, then, then);
  return owner;
}

test("a sweep marks an abandoned owner, and one an hour later removes all that is theirs", async () => {
  const owner = await make();
  const other = await make();
  await age(owner, LONG_AGO);
  expect(await sweep()).toMatchObject({ marked: 1, owners: 0 });
  // At once, nothing more happens.
  expect(await sweep()).toMatchObject({ marked: 0, owners: 0 });
  await age(owner, LONG_AGO);
  expect(await sweep()).toMatchObject({ marked: 0, owners: 1, failed: 0 });
  expect(await isThere(owner)).toBe(false);
  const shard = path.dirname(folderOf(owner));
  expect((await readdir(shard)).filter((n) => n.endsWith("tmp"))).toEqual([]);
  expect((await listConversations(other)).conversations).toHaveLength(1);
});

test.each([
  ["signs in", "person"],
  ["was made by an earlier version", ""],
])("an owner that %s is kept", async (_, kind) => {
  const owner = await make(kind);
  await age(owner, 10 * LONG_AGO);
  expect(await sweep()).toMatchObject({ marked: 0, owners: 0 });
  expect((await listConversations(owner)).conversations).toHaveLength(1);
});

test("an owner that only visits is kept, and so is one that an earlier version changed", async () => {
  const [reader, writer] = [await make(), await make()];
  for (const owner of [reader, writer]) await age(owner, LONG_AGO);
  const visits = path.join(folderOf(reader), "visits");
  await writeFile(path.join(visits, "2099-01-01"), "");
  await createConversation(writer);
  expect(await sweep()).toMatchObject({ marked: 0, owners: 0 });
});

test("an owner that returns after the mark is kept, and the mark goes", async () => {
  const owner = await makeMarked();
  const visits = path.join(folderOf(owner), "visits");
  await writeFile(path.join(visits, "2099-01-01"), "");
  expect(await sweep()).toMatchObject({ owners: 0 });
  expect(await readdir(visits)).not.toContain("abandoned");
});

test("an owner that returns while it is being removed is kept", async () => {
  const owner = await makeMarked();
  const visits = path.join(folderOf(owner), "visits");
  const tally = await sweep(records, {
    ...nodeFileSystem,
    rename: async (from, to) => {
      if (from === folderOf(owner)) {
        await writeFile(path.join(visits, "2099-01-01"), "");
      }
      await nodeFileSystem.rename(from, to);
    },
  });
  expect(tally).toMatchObject({ owners: 0, failed: 0 });
  expect((await listConversations(owner)).conversations).toHaveLength(1);
});

test("visits of one day are one file, and a later visit replaces it", async () => {
  const owner = await make();
  await visit(owner);
  const visits = path.join(folderOf(owner), "visits");
  const today = await readdir(visits);
  expect(today).toHaveLength(1);
  await rm(path.join(visits, today[0]!));
  await writeFile(path.join(visits, "2020-01-01"), "");
  const other = randomUUID();
  await visit(other);
  expect(await isThere(other)).toBe(false);
});

test("two sweeps at once remove each owner once", async () => {
  const owners = [await make(), await make(), await make()];
  for (const owner of owners) await age(owner, LONG_AGO);
  await sweep();
  for (const owner of owners) await age(owner, LONG_AGO);
  const sweeps = [await beginSweep(records), await beginSweep(records)];
  await Promise.all(sweeps.map((one) => sweepRecords(one, records, TERMS)));
  expect(sweeps.reduce((sum, { tally }) => sum + tally.owners, 0)).toBe(3);
  expect(sweeps.map(({ tally }) => tally.failed)).toEqual([0, 0]);
  for (const owner of owners) expect(await isThere(owner)).toBe(false);
});

test("an owner's replies leave the active reply index first", async () => {
  const owner = await makeMarked();
  const index = recordFoldersIn(records).activeReplies;
  await mkdir(index, { recursive: true });
  const id = "a".repeat(26);
  const others = `${hashOf("another")}.${id}.2`;
  for (const name of [`${hashOf(owner)}.${id}.2`, others]) {
    await writeFile(path.join(index, name), "");
  }
  await sweep();
  const names = await readdir(index);
  expect(names.filter((name) => name.includes(id))).toEqual([others]);
});

test("a sweep that is killed at any call leaves an owner whole or gone, and the next one finishes", async () => {
  const owner = await makeMarked();
  const { id } = (await listConversations(owner)).conversations[0]!;
  const messages = path.join("conversations", id, "messages");
  await killEverywhere(async (copy) => {
    const left = await readdir(path.join(folderOf(owner, copy), messages))
      .then(String)
      .catch(() => "gone");
    expect(["1,2", "gone"]).toContain(left);
    await sweep(copy);
    expect(await isThere(owner, copy)).toBe(false);
  });
});

test("the longest time without a visit follows from the session's time-outs", () => {
  const idle = { SESSION_IDLE_SECONDS: 30 * 86_400 };
  expect(
    abandonedAfterMs({ ...idle, SESSION_ABSOLUTE_SECONDS: 365 * 86_400 }),
  ).toBe(67 * DAY);
  expect(
    abandonedAfterMs({ ...idle, SESSION_ABSOLUTE_SECONDS: 40 * 86_400 }),
  ).toBe(47 * DAY);
});

test("an owner within that time is kept, and its conversations open", async () => {
  const owner = await make();
  const { id } = (await listConversations(owner)).conversations[0]!;
  await age(owner, 60 * DAY);
  expect(await sweep()).toMatchObject({ marked: 0, owners: 0 });
  expect((await readConversation(owner, id)).messages).toHaveLength(2);
});
