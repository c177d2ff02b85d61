import { randomUUID } from "node:crypto";
import { readdir, rm, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  backend,
  createConversation,
  readConversation,
  whenListed,
} from "../support/fixtures";
import { callApi } from "../support/start-backend";
import { records, useSweptRecords } from "../support/swept-records";

const DAY = 86_400_000;

const { sweep, killEverywhere } = useSweptRecords({ deletedMs: 30 * DAY });

const logOf = (owner: string, conversation: string, directory = records) =>
  recordFoldersIn(directory).reply({
    ownerHash: hashOf(owner),
    conversation,
    number: 2,
  });

/** Makes a conversation whose reply ended so many days ago. */
async function make(days: number): Promise<{ owner: string; id: string }> {
  const owner = randomUUID();
  const { conversation } = await createConversation(owner);
  await whenListed(owner, conversation.id);
  const folder = logOf(owner, conversation.id);
  const then = new Date(Date.now() - days * DAY);
  for (const name of await readdir(folder)) {
    await utimes(path.join(folder, name), then, then);
  }
  return { owner, id: conversation.id };
}

/** The events of the reply's stream after an offset. */
async function stream(owner: string, id: string, offset = "-1") {
  const route = `/v1/conversations/${id}/replies/2?offset=${offset}`;
  const { status, headers, body } = await callApi(backend, "GET", route, {
    owner,
  });
  return { status, isClosed: headers.get("stream-closed"), events: body };
}

test("the log of an old published reply is reduced to its end, which answers every offset", async () => {
  const { owner, id } = await make(8);
  const { messages } = await readConversation(owner, id);
  const { text } = messages[1]!;
  const before = await stream(owner, id);
  expect(before.events).toContainEqual(
    expect.objectContaining({ kind: "epoch" }),
  );
  expect(await sweep()).toMatchObject({ epochs: 1, failed: 0 });
  expect(await readdir(logOf(owner, id))).toEqual(["2"]);
  const end = [expect.objectContaining({ kind: "end", text })];
  const answer = { status: 200, isClosed: "true", events: end };
  expect(await stream(owner, id)).toMatchObject(answer);
  const old = "0000000001_000000000050";
  expect(await stream(owner, id, old)).toMatchObject(answer);
  expect((await readConversation(owner, id)).messages).toEqual(messages);
});

test("a reduced log takes no retry, and a stop changes nothing", async () => {
  const { owner, id } = await make(8);
  await sweep();
  const reply = `/v1/conversations/${id}/replies/2`;
  const retry = await callApi(backend, "POST", `${reply}/retry`, { owner });
  expect(retry.status).toBe(409);
  const stop = await callApi(backend, "POST", `${reply}/stop`, { owner });
  expect(stop.status).toBe(204);
  expect(await readdir(logOf(owner, id))).toEqual(["2"]);
});

test("the logs of young, unpublished and failed replies are kept", async () => {
  const young = await make(6);
  const unpublished = await make(8);
  const messages = recordFoldersIn(records).messages(
    hashOf(unpublished.owner),
    unpublished.id,
  );
  await rm(path.join(messages, "2"));
  const failed = await make(8);
  const end = path.join(logOf(failed.owner, failed.id), "2");
  await writeFile(end, '{"kind":"end","outcome":"failed","text":""}\n');
  const then = new Date(Date.now() - 8 * DAY);
  await utimes(end, then, then);
  expect(await sweep()).toMatchObject({ epochs: 0, failed: 0 });
  for (const { owner, id } of [young, unpublished, failed]) {
    expect((await readdir(logOf(owner, id))).toSorted()).toEqual(["1", "2"]);
  }
});

test("a sweep that is killed at any call leaves a log that the next one reduces", async () => {
  const { owner, id } = await make(8);
  await killEverywhere(async (copy) => {
    await sweep(copy);
    expect(await readdir(logOf(owner, id, copy))).toEqual(["2"]);
  });
});
