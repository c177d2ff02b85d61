import { randomUUID } from "node:crypto";
import { access, readdir, rm, utimes } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { newestVersion } from "../../app/core/storage/document-versions";
import {
  backend,
  createConversation,
  readConversation,
  whenListed,
} from "../support/fixtures";
import { callApi } from "../support/start-backend";
import { records, useSweptRecords } from "../support/swept-records";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** An import is removed after a week. */
const TERM = 8 * DAY;

const { sweep } = useSweptRecords({ deletedMs: 30 * DAY });

const settingsOf = (owner: string, id: string) =>
  recordFoldersIn(records).settings(hashOf(owner), id);

const conversationOf = (owner: string, id: string) =>
  path.dirname(settingsOf(owner, id));

async function setAge(file: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  await utimes(file, then, then);
}

/** A conversation, and its folder as a process leaves it that died before it was listed. */
async function leave(
  rest: "without settings" | "with empty settings" | "out of the index",
  ms: number,
): Promise<{ owner: string; id: string }> {
  const owner = randomUUID();
  const { conversation } = await createConversation(owner);
  const { id } = conversation;
  await whenListed(owner, id);
  const settings = settingsOf(owner, id);
  const events = recordFoldersIn(records).ownerEvents(hashOf(owner));
  await rm(events, { recursive: true });
  if (rest === "without settings") await rm(settings, { recursive: true });
  if (rest === "with empty settings") await rm(path.join(settings, "v1"));
  if (rest === "out of the index") await setAge(path.join(settings, "v1"), ms);
  if (rest === "with empty settings") await setAge(settings, ms);
  await setAge(conversationOf(owner, id), ms);
  return { owner, id };
}

const isThere = (folder: string) =>
  access(folder).then(
    () => true,
    () => false,
  );

/** Lets the tombstone age. */
async function wait(settings: string): Promise<void> {
  const newest = newestVersion(await readdir(settings)) ?? "";
  await setAge(path.join(settings, newest), 2 * HOUR);
}

test.each([
  "without settings",
  "with empty settings",
  "out of the index",
] as const)(
  "a conversation that was left %s is ended after eight days, and then removed",
  async (rest) => {
    const { owner, id } = await leave(rest, TERM + HOUR);
    expect(await sweep()).toMatchObject({ ended: 1, failed: 0 });
    const { status } = await callApi(
      backend,
      "GET",
      `/v1/conversations/${id}`,
      { owner },
    );
    expect(status).toBe(404);
    await wait(settingsOf(owner, id));
    expect(await sweep()).toMatchObject({ conversations: 1, failed: 0 });
    expect(await isThere(conversationOf(owner, id))).toBe(false);
  },
);

test("a conversation that was left within eight days stays: its request may be repeated", async () => {
  for (const rest of ["without settings", "out of the index"] as const) {
    const { owner, id } = await leave(rest, TERM - HOUR);
    expect(await sweep()).toMatchObject({ ended: 0, failed: 0 });
    expect(await isThere(conversationOf(owner, id))).toBe(true);
  }
});

test("a listed conversation stays, also if its settings are lost", async () => {
  const owner = randomUUID();
  const kept = (await createConversation(owner)).conversation.id;
  const lost = (await createConversation(owner)).conversation.id;
  await whenListed(owner, kept);
  await whenListed(owner, lost);
  await setAge(path.join(settingsOf(owner, kept), "v1"), TERM + DAY);
  await rm(settingsOf(owner, lost), { recursive: true });
  await setAge(conversationOf(owner, lost), TERM + DAY);
  expect(await sweep()).toMatchObject({ ended: 0, failed: 0 });
  expect(await isThere(conversationOf(owner, lost))).toBe(true);
  expect((await readConversation(owner, kept)).messages).not.toEqual([]);
});

test("a conversation that is changed while a sweep ends it stays", async () => {
  const { owner, id } = await leave("out of the index", TERM + HOUR);
  const settings = settingsOf(owner, id);
  let isChanged = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    link: async (file, name) => {
      if (!isChanged && path.dirname(name) === settings) {
        isChanged = true;
        await callApi(backend, "PATCH", `/v1/conversations/${id}`, {
          owner,
          body: { title: "Kept" },
        });
      }
      await nodeFileSystem.link(file, name);
    },
  };
  expect(await sweep(records, fileSystem)).toMatchObject({ ended: 0 });
  expect(isChanged).toBe(true);
  const { conversation } = await readConversation(owner, id);
  expect(conversation.title).toBe("Kept");
});
