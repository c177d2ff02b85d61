import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { z } from "zod";
import { operations } from "../../app/core/api/operations";
import { limits } from "../../app/core/domain/records";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  backend,
  detailOf,
  givenConversation,
  listConversations,
  useBackend,
  whenListed,
} from "../support/fixtures";
import {
  callApi,
  startBackend,
  temporaryDirectory,
} from "../support/start-backend";
import { removeFolder } from "../support/temporary-folder";

useBackend();

const DAY = 86_400_000;

const call = (
  owner: string,
  method: string,
  route: string,
  at: { url: string } = backend,
) => callApi(at, method, route, { owner });

const remove = (owner: string, id: string, at?: { url: string }) =>
  call(owner, "DELETE", `/v1/conversations/${id}`, at);
const restore = (owner: string, id: string, at?: { url: string }) =>
  call(owner, "POST", `/v1/conversations/${id}/restore`, at);
const purge = (owner: string, id: string, at?: { url: string }) =>
  call(owner, "DELETE", `/v1/bin/${id}`, at);

const bin = async (
  owner: string,
  query = "",
  at?: { url: string },
): Promise<z.output<typeof operations.listDeleted.answer>> => {
  const answer = await call(owner, "GET", `/v1/bin${query}`, at);
  return operations.listDeleted.answer.parse(answer.body);
};

const idsIn = async (owner: string, query = "", at?: { url: string }) =>
  (await bin(owner, query, at)).conversations.map(
    ({ conversation }) => conversation.id,
  );

async function makeDeleted(owner: string): Promise<string> {
  const { id } = await givenConversation(owner);
  await whenListed(owner, id);
  expect((await remove(owner, id)).status).toBe(204);
  return id;
}

test("the bin has the deleted conversations, last deleted first, each with the end of its term", async () => {
  const owner = randomUUID();
  const first = await makeDeleted(owner);
  const second = await makeDeleted(owner);
  const third = await makeDeleted(owner);
  expect(await idsIn(owner)).toEqual([third, second, first]);
  const { conversations, next } = await bin(owner, "?limit=2");
  expect(conversations).toHaveLength(2);
  expect(await idsIn(owner, `?cursor=${next}`)).toEqual([first]);
  const { conversation, restorableUntil } = conversations[0]!;
  const term =
    Date.parse(restorableUntil) - Date.parse(conversation.deletedAt ?? "");
  expect(term).toBe(30 * DAY);
  expect(await idsIn(randomUUID())).toEqual([]);
});

test("a repeated deletion does not lengthen the term, and a restore takes a conversation out of the bin", async () => {
  const owner = randomUUID();
  const id = await makeDeleted(owner);
  const before = await bin(owner);
  expect((await remove(owner, id)).status).toBe(204);
  expect(await bin(owner)).toEqual(before);
  expect((await call(owner, "GET", `/v1/bin/${id}`)).body).toEqual(
    before.conversations[0],
  );
  expect((await restore(owner, id)).status).toBe(200);
  expect(await idsIn(owner)).toEqual([]);
  expect((await call(owner, "GET", `/v1/bin/${id}`)).status).toBe(404);
  expect((await listConversations(owner)).conversations).toHaveLength(1);
});

test("a conversation whose term is over is not in the bin", async () => {
  let now = new Date();
  const directory = await temporaryDirectory();
  const env = { DELETED_CONVERSATION_SECONDS: "3600" };
  const at = await startBackend({ directory, env, now: () => now });
  const owner = randomUUID();
  const { id } = await givenConversation(owner, undefined, at);
  await remove(owner, id, at);
  expect(await idsIn(owner, "", at)).toEqual([id]);
  now = new Date(now.getTime() + 3_600_000);
  expect(await idsIn(owner, "", at)).toEqual([]);
  await at.stop();
  await removeFolder(directory);
});

test("a conversation that was deleted permanently can't be restored, and the sweep's tombstone ends it", async () => {
  const owner = randomUUID();
  const id = await makeDeleted(owner);
  for (let times = 0; times < 2; times++) {
    expect((await purge(owner, id)).status).toBe(204);
  }
  expect(await idsIn(owner)).toEqual([]);
  const answer = await restore(owner, id);
  expect([answer.status, detailOf(answer)]).toEqual([
    404,
    "This conversation was deleted permanently, and can’t be restored.",
  ]);
  const records = recordFoldersIn(path.join(backend.directory, "records"));
  const names = await readdir(records.settings(hashOf(owner), id));
  expect(names).toContain("v3");
  const found = await call(owner, "GET", "/v1/search?q=hello");
  expect(found.body).toMatchObject({ results: [] });
});

test("only a deleted conversation of this owner is deleted permanently", async () => {
  const [owner, other] = [randomUUID(), randomUUID()];
  const { id } = await givenConversation(owner);
  const kept = await purge(owner, id);
  expect([kept.status, detailOf(kept)]).toEqual([
    409,
    "This conversation is not in the bin. Reload the page to see where it is.",
  ]);
  await remove(owner, id);
  expect((await purge(other, id)).status).toBe(404);
  expect((await restore(owner, id)).status).toBe(200);
});

test("of a restore and a permanent deletion at the same moment in two processes, exactly one succeeds", async () => {
  const other = await startBackend({ directory: backend.directory });
  const owner = randomUUID();
  for (let round = 0; round < 10; round++) {
    const id = await makeDeleted(owner);
    const [restored, purged] = await Promise.all([
      restore(owner, id),
      purge(owner, id, other),
    ]);
    const pair = [restored.status, purged.status];
    expect([
      [200, 409],
      [404, 204],
    ]).toContainEqual(pair);
    const page = await call(owner, "GET", `/v1/conversations/${id}`);
    expect(page.status).toBe(restored.status);
    for (const at of [backend, other]) {
      expect(await idsIn(owner, "", at)).toEqual([]);
    }
  }
  await other.stop();
});

test("a page of the bin has at most as many conversations as a page of a list", async () => {
  const answer = await call(
    randomUUID(),
    "GET",
    `/v1/bin?limit=${limits.pageConversations + 1}`,
  );
  expect(answer.status).toBe(400);
});
