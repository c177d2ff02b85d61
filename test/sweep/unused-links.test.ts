import { randomUUID } from "node:crypto";
import { readdir, rm, utimes } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createConversation, whenAnswered } from "../support/fixtures";
import { hashOfToken, open, revoke, shared } from "../support/share";
import { records, useSweptRecords } from "../support/swept-records";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const { sweep, killEverywhere } = useSweptRecords({ deletedMs: 30 * DAY });

const lookupsIn = async (token: string, directory = records) => {
  const hash = hashOfToken(token);
  return readdir(path.join(directory, "shared", hash.slice(0, 2)));
};

const linksOf = (owner: string) =>
  recordFoldersIn(records).links(hashOf(owner));

/** Makes a folder and everything in it older. */
async function age(folder: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  for (const name of await readdir(folder, { recursive: true })) {
    await utimes(path.join(folder, name), then, then);
  }
}

async function share() {
  const owner = randomUUID();
  const { conversation } = await createConversation(owner);
  // From then on nothing but the test changes the folder.
  await whenAnswered(owner, conversation.id);
  const link = await shared(owner, conversation.id);
  return { owner, ...link };
}

test("a link that is in use stays, however old it is", async () => {
  const { token } = await share();
  await age(path.join(records, "owners"), 400 * DAY);
  await age(path.join(records, "shared"), 400 * DAY);
  expect(await sweep()).toMatchObject({ links: 0, failed: 0 });
  expect((await open(token)).status).toBe(200);
});

test("a revoked link is removed after a day", async () => {
  const { owner, id, token } = await share();
  await revoke(owner, id);
  await age(linksOf(owner), DAY - HOUR);
  expect(await sweep()).toMatchObject({ links: 0, failed: 0 });
  expect(await readdir(linksOf(owner))).toEqual([id]);
  await age(linksOf(owner), DAY + HOUR);
  expect(await sweep()).toMatchObject({ links: 1, failed: 0 });
  expect(await readdir(linksOf(owner))).toEqual([]);
  expect(await lookupsIn(token)).toEqual([]);
});

test("the lookup of a link that was never made is removed after an hour", async () => {
  const { owner, token } = await share();
  await rm(linksOf(owner), { recursive: true });
  expect(await sweep()).toMatchObject({ links: 0, failed: 0 });
  expect(await lookupsIn(token)).toHaveLength(1);
  await age(path.join(records, "shared"), 2 * HOUR);
  expect(await sweep()).toMatchObject({ links: 1, failed: 0 });
  expect(await lookupsIn(token)).toEqual([]);
});

test("a link ends when a sweep has removed its conversation", async () => {
  const { owner, conversation, token } = await share();
  const all = recordFoldersIn(records).conversations(hashOf(owner));
  await rm(path.join(all, conversation), { recursive: true });
  await age(linksOf(owner), 2 * HOUR);
  await age(path.join(records, "shared"), 2 * HOUR);
  expect(await sweep()).toMatchObject({ failed: 0 });
  await age(linksOf(owner), 2 * DAY);
  expect(await sweep()).toMatchObject({ failed: 0 });
  expect(await readdir(linksOf(owner))).toEqual([]);
  await age(path.join(records, "shared"), 2 * DAY);
  await sweep();
  expect(await lookupsIn(token)).toEqual([]);
});

test("a sweep that is killed at any call takes no link away that is in use", async () => {
  const { owner, token } = await share();
  const other = await share();
  await rm(linksOf(other.owner), { recursive: true });
  await age(path.join(records, "shared"), 2 * HOUR);
  await age(linksOf(owner), 2 * HOUR);
  const calls = await killEverywhere(async (copy) => {
    expect(await lookupsIn(token, copy)).toContain(hashOfToken(token));
  });
  expect(calls).toBeGreaterThan(20);
});
