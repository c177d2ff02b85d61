import { randomUUID } from "node:crypto";
import { link, readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  backend,
  createConversation,
  sendMessage,
  whenAnswered,
} from "../support/fixtures";
import { callApi, startBackend } from "../support/start-backend";
import { records, useSweptRecords } from "../support/swept-records";
import { download, upload } from "../support/upload";
import { waitFor } from "../support/wait-for";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const { sweep, killEverywhere } = useSweptRecords({ deletedMs: 30 * DAY });

const uploadsOf = (owner: string, directory = records) =>
  recordFoldersIn(directory).uploads(hashOf(owner));

const filesOf = (owner: string, conversation: string, directory = records) =>
  recordFoldersIn(directory).files({ ownerHash: hashOf(owner), conversation });

async function setAge(file: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  await utimes(file, then, then);
}

/** A conversation with a file, which was sent so long ago. */
async function converse(ms = 0) {
  const owner = randomUUID();
  const { file } = await upload(backend, "Sent", { owner });
  const body = { text: "See this", files: [file.id] };
  const { conversation } = await createConversation(owner, body);
  const { id } = conversation;
  await whenAnswered(owner, id);
  await waitFor(async () => (await readdir(uploadsOf(owner))).length === 0);
  const folder = filesOf(owner, id);
  await setAge(path.join(folder, file.id), ms);
  await setAge(folder, ms);
  return { owner, id, file: file.id, folder };
}

const ORPHAN = "b".repeat(26);

/** Gives a conversation a file without a message, as a process does that dies between the two. */
async function addOrphan(folder: string, file: string, ms: number) {
  await link(path.join(folder, file), path.join(folder, ORPHAN));
  await setAge(folder, ms);
}

test("an upload that was not sent for a day is removed, and a younger one stays", async () => {
  const owner = randomUUID();
  const { file: old } = await upload(backend, "Old", { owner });
  const { file: young } = await upload(backend, "Young", { owner });
  await setAge(path.join(uploadsOf(owner), old.id), DAY + HOUR);
  await setAge(path.join(uploadsOf(owner), young.id), DAY - HOUR);
  expect(await sweep()).toMatchObject({ files: 1, failed: 0 });
  expect(await readdir(uploadsOf(owner))).toEqual([young.id]);
  const body = { text: "See this", files: [old.id] };
  const late = await callApi(backend, "POST", "/v1/conversations", {
    owner,
    body,
  });
  expect(late.status).toBe(409);
});

test("the rest of an interrupted upload is removed after an hour", async () => {
  const owner = randomUUID();
  await upload(backend, "Whole", { owner });
  const rest = path.join(uploadsOf(owner), `${"c".repeat(24)}.tmp`);
  await writeFile(rest, "Half of a");
  expect(await sweep()).toMatchObject({ leftovers: 0 });
  await setAge(rest, 2 * HOUR);
  expect(await sweep()).toMatchObject({ leftovers: 1, files: 0, failed: 0 });
  expect(await readdir(uploadsOf(owner))).toHaveLength(1);
});

test.each([0, 2 * HOUR, 2 * DAY, 400 * DAY])(
  "a file that a message has stays %d milliseconds after it was sent",
  async (ms) => {
    const { owner, id, file } = await converse(ms);
    expect(await sweep()).toMatchObject({ files: 0, failed: 0 });
    const served = await download(backend, id, file, owner);
    expect(served.content.toString()).toBe("Sent");
  },
);

test("a file that no message got is removed, and those of messages stay", async () => {
  const { file, folder } = await converse();
  await addOrphan(folder, file, 2 * HOUR);
  expect(await sweep()).toMatchObject({ files: 1, failed: 0 });
  expect(await readdir(folder)).toEqual([file]);
});

test("a file without a message stays for an hour: its message may be on its way", async () => {
  const { file, folder } = await converse();
  await addOrphan(folder, file, HOUR / 2);
  expect(await sweep()).toMatchObject({ files: 0 });
  expect(await readdir(folder)).toHaveLength(2);
});

test("no file is removed while a message can't be read", async () => {
  const { owner, id, file, folder } = await converse();
  await addOrphan(folder, file, 2 * HOUR);
  const messages = recordFoldersIn(records).messages(hashOf(owner), id);
  await writeFile(path.join(messages, "1"), "damaged");
  expect(await sweep()).toMatchObject({ files: 0 });
  expect(await readdir(folder)).toHaveLength(2);
});

test("the file of a queued message stays while it waits", async () => {
  const { directory } = backend;
  const slow = await startBackend({
    directory,
    env: { ELIZA_DELAY_MS: "200" },
  });
  const owner = randomUUID();
  const first = { text: "Write a long answer about patience" };
  const { conversation } = await createConversation(owner, first, slow);
  const { file } = await upload(slow, "Queued", { owner });
  const next = { text: "And this?", files: [file.id], queue: true };
  const at = { at: slow };
  const sent = await sendMessage(owner, conversation.id, next, at);
  expect(sent.body).toMatchObject({ queued: true });
  const folder = filesOf(owner, conversation.id);
  await addOrphan(folder, file.id, 2 * HOUR);
  await sweep();
  expect(await readdir(folder)).toContain(file.id);
  await slow.stop();
});

test("the file of a deleted turn stays readable by its owner", async () => {
  const { owner, id, file, folder } = await converse(2 * HOUR);
  const turn = `/v1/conversations/${id}/turns/1`;
  const deleted = await callApi(backend, "DELETE", turn, { owner });
  expect(deleted.status).toBe(204);
  await sweep();
  expect(await readdir(folder)).toEqual([file]);
  expect((await download(backend, id, file, owner)).status).toBe(200);
  expect((await download(backend, id, file, randomUUID())).status).toBe(404);
});

test("a killed sweep removes no file of a message, and the next one finishes", async () => {
  const { owner, id, file, folder } = await converse();
  await addOrphan(folder, file, 2 * HOUR);
  const { file: old } = await upload(backend, "Old", { owner });
  await setAge(path.join(uploadsOf(owner), old.id), DAY + HOUR);
  const calls = await killEverywhere(async (found) => {
    const copied = filesOf(owner, id, found);
    expect(await readdir(copied)).toContain(file);
    // A killed sweep may have changed the folder.
    await setAge(copied, 2 * HOUR);
    expect(await sweep(found)).toMatchObject({ failed: 0 });
    expect(await readdir(copied)).toEqual([file]);
    expect(await readdir(uploadsOf(owner, found))).toEqual([]);
  });
  expect(calls).toBeGreaterThan(20);
});
