import { randomUUID } from "node:crypto";
import {
  cp,
  mkdir,
  readdir,
  readFile,
  utimes,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { newestVersion } from "../../app/core/storage/document-versions";
import { createStorageContext } from "../../app/core/storage/storage-context";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import { VersionedDocument } from "../../app/core/storage/versioned-document";
import { ConversationPage } from "../../app/core/domain/records";
import { sweepRecords } from "../../app/sweep/sweep-records";
import { startProcess } from "../support/processes";
import {
  backend,
  readConversation,
  listConversations,
  whenListed,
  createConversation,
} from "../support/fixtures";
import { callApi, startBackend } from "../support/start-backend";
import { beginSweep } from "../support/begin-sweep";
import { records, useSweptRecords } from "../support/swept-records";
import { upload } from "../support/upload";
import { temporaryFolders } from "../support/temporary-folder";

const temporaryFolder = temporaryFolders();
const HOUR = 3_600_000;
const TERM = 30 * 24 * HOUR;
const MAIN = path.join(__dirname, "../../app/sweep/main.ts");

const { sweep, killEverywhere } = useSweptRecords({ deletedMs: TERM });

const settingsOf = (owner: string, id: string, directory = records) =>
  recordFoldersIn(directory).settings(hashOf(owner), id);

const folderOf = (owner: string, id: string, directory = records) =>
  path.dirname(settingsOf(owner, id, directory));

const call = (method: string, owner: string, id: string, rest = "") =>
  callApi(backend, method, `/v1/conversations/${id}${rest}`, { owner });

const restore = (owner: string, id: string) =>
  call("POST", owner, id, "/restore");

/** Makes a conversation whose first reply has ended. */
async function make(owner: string): Promise<string> {
  const { conversation } = await createConversation(owner);
  await whenListed(owner, conversation.id);
  return conversation.id;
}

/** Makes a conversation and deletes it, so many milliseconds ago. */
async function makeDeleted(owner: string, ms: number): Promise<string> {
  const id = await make(owner);
  expect((await call("DELETE", owner, id)).status).toBe(204);
  await backdate(settingsOf(owner, id), ms);
  return id;
}

/** Sets the time of a document's newest version so many milliseconds back. */
async function backdate(folder: string, ms: number): Promise<void> {
  const file = path.join(folder, newestVersion(await readdir(folder)) ?? "");
  const saved = JSON.parse(await readFile(file, "utf8")) as object;
  const then = Date.now() - ms;
  await writeFile(file, JSON.stringify({ ...saved, savedAt: then }));
  await utimes(file, new Date(then), new Date(then));
}

/** An owner's view: pages, the list, search results. */
async function seenBy(owner: string) {
  const list = await listConversations(owner);
  const found = await callApi(backend, "GET", "/v1/search?q=hello", { owner });
  const pages = list.conversations.map(({ id }) => call("GET", owner, id));
  const bodies = (await Promise.all(pages)).map(({ body }) => body);
  return [list, found.body, ...bodies];
}

/** All files of a folder, at any depth. */
async function contents(folder: string): Promise<Record<string, string>> {
  const all = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = all.filter((entry) => entry.isFile());
  const pairs = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    return [path.relative(folder, file), await readFile(file, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

const isGone = async (folder: string) =>
  !(await readdir(path.dirname(folder))).includes(path.basename(folder));

describe("a deleted conversation", () => {
  test("a deleted conversation can be restored before its term, after any number of sweeps", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, TERM - HOUR);
    expect(await sweep()).toMatchObject({ ended: 0, failed: 0 });
    expect(await sweep()).toMatchObject({ conversations: 0, failed: 0 });
    expect((await restore(owner, id)).status).toBe(200);
    const page = await readConversation(owner, id);
    expect(page.messages).toHaveLength(2);
  });

  test("a conversation that was deleted permanently before its term is removed an hour later", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, 0);
    const purged = await callApi(backend, "DELETE", `/v1/bin/${id}`, { owner });
    expect(purged.status).toBe(204);
    await backdate(settingsOf(owner, id), HOUR - 60_000);
    expect(await sweep()).toMatchObject({ conversations: 0, failed: 0 });
    await backdate(settingsOf(owner, id), HOUR + 60_000);
    expect(await sweep()).toMatchObject({ conversations: 1, failed: 0 });
    expect(await isGone(folderOf(owner, id))).toBe(true);
  });

  test("a deleted conversation is removed with all its data after its term, and nothing else is", async () => {
    const [owner, other] = [randomUUID(), randomUUID()];
    const [kept, othersKept] = [await make(owner), await make(other)];
    // Old, and changed since it was made, but not deleted.
    await callApi(backend, "PATCH", `/v1/conversations/${kept}`, {
      owner,
      body: { title: "Hello again" },
    });
    await backdate(settingsOf(owner, kept), 2 * TERM);
    const id = await makeDeleted(owner, TERM + HOUR);
    const seen = [await seenBy(owner), await seenBy(other)];
    const files = [
      await contents(folderOf(owner, kept)),
      await contents(folderOf(other, othersKept)),
    ];

    expect(await sweep()).toMatchObject({ ended: 1, conversations: 0 });
    expect((await restore(owner, id)).status).toBe(404);
    await backdate(settingsOf(owner, id), 2 * HOUR);
    expect(await sweep()).toMatchObject({ ended: 0, conversations: 1 });
    expect(await readdir(path.dirname(folderOf(owner, id)))).toEqual([kept]);
    expect((await call("GET", owner, id)).status).toBe(404);
    expect((await call("GET", owner, id, "/messages")).status).toBe(404);
    expect((await call("DELETE", owner, id)).status).toBe(404);
    expect((await restore(owner, id)).status).toBe(404);

    expect([await seenBy(owner), await seenBy(other)]).toEqual(seen);
    expect([
      await contents(folderOf(owner, kept)),
      await contents(folderOf(other, othersKept)),
    ]).toEqual(files);
  });

  test("a deleted conversation takes its files along when it is removed", async () => {
    const owner = randomUUID();
    const { file } = await upload(backend, "Gone in the end", { owner });
    const body = { text: "See this", files: [file.id] };
    const { conversation } = await createConversation(owner, body);
    const { id } = conversation;
    await whenListed(owner, id);
    await call("DELETE", owner, id);
    const of = { ownerHash: hashOf(owner), conversation: id };
    const folder = recordFoldersIn(records).files(of);
    await backdate(settingsOf(owner, id), TERM - HOUR);
    await sweep();
    expect(await readdir(folder)).toEqual([file.id]);
    await backdate(settingsOf(owner, id), TERM + HOUR);
    await sweep();
    await backdate(settingsOf(owner, id), 2 * HOUR);
    expect(await sweep()).toMatchObject({ conversations: 1, failed: 0 });
    const left = await contents(recordFoldersIn(records).owner(hashOf(owner)));
    expect(Object.values(left).join("\n")).not.toContain("Gone in the end");
  });

  test("a deleted conversation leaves the list after a crash before the deletion was recorded there", async () => {
    const owner = randomUUID();
    const id = await make(owner);
    const files = createStorageContext();
    const settings = new VersionedDocument(files, settingsOf(owner, id));
    const deletedAt = new Date().toISOString();
    await settings.update((data) => ({ ...data, deletedAt }));
    await backdate(settings.folder, TERM + HOUR);
    expect(await sweep()).toMatchObject({ ended: 1 });
    await backdate(settings.folder, 2 * HOUR);
    expect(await sweep()).toMatchObject({ conversations: 1 });
    expect(await listConversations(owner)).toMatchObject({ conversations: [] });
  });

  test("a deleted conversation is kept while one of two clocks is within its term", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, TERM + HOUR);
    const folder = settingsOf(owner, id);
    await utimes(path.join(folder, "v2"), new Date(), new Date());
    expect(await sweep()).toMatchObject({ ended: 0 });
    await backdate(folder, HOUR);
    const then = new Date(Date.now() - 2 * TERM);
    await utimes(path.join(folder, "v2"), then, then);
    expect(await sweep()).toMatchObject({ ended: 0 });
    expect((await restore(owner, id)).status).toBe(200);
  });

  test("a deleted conversation is kept when a restore can't be ruled out", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, 2 * TERM);
    const restored = path.join(settingsOf(owner, id), "v3");
    await writeFile(restored, "damaged");
    const then = new Date(Date.now() - 2 * TERM);
    await utimes(restored, then, then);
    expect(await sweep()).toMatchObject({ ended: 0, failed: 0 });
    expect((await call("GET", owner, id)).status).toBe(404);
    expect(await sweep()).toMatchObject({ ended: 0, failed: 0 });
    expect(await isGone(folderOf(owner, id))).toBe(false);
  });

  test("a deleted conversation does not return by a reply that is still in the active index", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, 2 * TERM);
    const copy = await temporaryFolder();
    await cp(records, copy, { recursive: true, preserveTimestamps: true });
    const listed = path.join(copy, "in-progress");
    await mkdir(listed, { recursive: true });
    const others = `${hashOf(randomUUID())}.${id}.2`;
    for (const name of [`${hashOf(owner)}.${id}.2`, others]) {
      await writeFile(path.join(listed, name), "");
    }
    await sweep(copy);
    await backdate(settingsOf(owner, id, copy), 2 * HOUR);
    await sweep(copy);
    // The backend's heartbeat may have been copied, too.
    const replies = (await readdir(listed)).filter((name) => name.includes(id));
    expect(replies).toEqual([others]);
    expect(await isGone(folderOf(owner, id, copy))).toBe(true);
  });
});

describe("a restore at the same moment as a sweep", () => {
  test("a restore before a sweep restores everything", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, 2 * TERM);
    let status = 0;
    const tally = await sweep(records, {
      ...nodeFileSystem,
      link: async (file, name) => {
        if (path.dirname(name) === settingsOf(owner, id)) {
          ({ status } = await restore(owner, id));
        }
        return nodeFileSystem.link(file, name);
      },
    });
    expect(status).toBe(200);
    expect(tally).toMatchObject({ ended: 0, failed: 0 });
    await backdate(settingsOf(owner, id), 2 * TERM);
    expect(await sweep()).toMatchObject({ ended: 0, conversations: 0 });
    const page = await readConversation(owner, id);
    expect(page.messages).toHaveLength(2);
  });

  test("a restore after a sweep finds no such conversation", async () => {
    const owner = randomUUID();
    const id = await makeDeleted(owner, 2 * TERM);
    let ended = 0;
    const late = await startBackend({
      directory: backend.directory,
      fileSystem: {
        ...nodeFileSystem,
        link: async (file, name) => {
          if (ended === 0 && path.dirname(name) === settingsOf(owner, id)) {
            ({ ended } = await sweep());
          }
          return nodeFileSystem.link(file, name);
        },
      },
    });
    const route = `/v1/conversations/${id}/restore`;
    const answer = await callApi(late, "POST", route, { owner });
    await late.stop();
    expect(ended).toBe(1);
    expect(answer.status).toBe(404);
    expect(JSON.stringify(answer.body)).toContain("deleted permanently");
    expect((await restore(owner, id)).status).toBe(404);
  });

  test("restores beside two sweeps leave each of many conversations whole or removed", async () => {
    const owner = randomUUID();
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) ids.push(await makeDeleted(owner, 2 * TERM));
    const sweeps = [await beginSweep(records), await beginSweep(records)];
    const restores = ids.map(async (id, index) => {
      for (let i = 0; i < index * 4; i++) {
        await turn();
      }
      return (await restore(owner, id)).status;
    });
    const [statuses] = await Promise.all([
      Promise.all(restores),
      ...sweeps.map((one) => sweepRecords(one, records, { deletedMs: TERM })),
    ]);
    const restored = statuses.filter((status) => status === 200).length;
    const ended = sweeps.reduce((sum, { tally }) => sum + tally.ended, 0);
    expect(ended + restored).toBe(ids.length);
    const pages = await Promise.all(ids.map((id) => call("GET", owner, id)));
    expect(pages.map(({ status }) => status)).toEqual(statuses);
    const whole = pages
      .flatMap(({ body }) => ConversationPage.safeParse(body).data ?? [])
      .filter(({ messages }) => messages.length === 2);
    expect(whole).toHaveLength(restored);
    const { conversations } = await listConversations(owner);
    expect(conversations).toHaveLength(restored);
  });
});

describe("a killed sweep", () => {
  test("a killed sweep leaves a deleted conversation whole until all of it goes, and the next one finishes", async () => {
    const owner = randomUUID();
    const kept = await make(owner);
    const id = await makeDeleted(owner, 2 * TERM);
    const keptFiles = await contents(folderOf(owner, kept));
    const read = (directory: string) =>
      new VersionedDocument(
        createStorageContext(),
        settingsOf(owner, id, directory),
      ).read();
    const messages = (directory: string) =>
      contents(path.join(folderOf(owner, id, directory), "messages"));
    const all = await messages(records);
    /** The state of a conversation: gone once its folder's name is. */
    const state = async (directory: string) => {
      if (await isGone(folderOf(owner, id, directory))) return "gone";
      const ended = (await read(directory))?.isTombstone;
      return { ended, messages: await messages(directory) };
    };

    const first = await killEverywhere(async (found) => {
      expect(
        [true, false].map((ended) => ({ ended, messages: all })),
      ).toContainEqual(await state(found));
      expect(await sweep(found)).toMatchObject({ failed: 0 });
      expect(await state(found)).toEqual({ ended: true, messages: all });
    });
    expect(first).toBeGreaterThan(20);

    await sweep();
    await backdate(settingsOf(owner, id), 2 * HOUR);
    const second = await killEverywhere(async (found) => {
      expect(["gone", { ended: true, messages: all }]).toContainEqual(
        await state(found),
      );
      // An interrupted removal continues once no process can be working on it.
      const conversations = path.dirname(folderOf(owner, id, found));
      for (const name of await readdir(conversations)) {
        const then = new Date(Date.now() - 2 * HOUR);
        await utimes(path.join(conversations, name), then, then);
      }
      expect(await sweep(found)).toMatchObject({ failed: 0 });
      expect(await readdir(conversations)).toEqual([kept]);
      expect(await contents(path.join(conversations, kept))).toEqual(keptFiles);
    });
    expect(second).toBeGreaterThan(20);
  });
});

test("two sweeps as processes share the work, and report it", async () => {
  const owner = randomUUID();
  const kept = await makeDeleted(owner, TERM / 2);
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.push(await makeDeleted(owner, TERM));
  const run = async () => {
    const { code, output } = await startProcess(MAIN, ["records"], {
      DATA_DIRECTORY: records,
      DELETED_CONVERSATION_SECONDS: String((TERM - HOUR) / 1000),
    }).ended;
    expect(code).toBe(0);
    return JSON.parse(output) as { ended: number; conversations: number };
  };
  const ends = await Promise.all([run(), run()]);
  expect(ends.map(({ ended }) => ended).reduce((a, b) => a + b)).toBe(5);
  for (const id of ids) await backdate(settingsOf(owner, id), 2 * HOUR);
  const removals = await Promise.all([run(), run()]);
  const removed = removals.map(({ conversations }) => conversations);
  expect(removed.reduce((a, b) => a + b)).toBe(5);
  expect(await readdir(path.dirname(folderOf(owner, kept)))).toEqual([kept]);
});

test("the owner index does not get the instructions of a conversation that is ended", async () => {
  const owner = randomUUID();
  const id = await make(owner);
  const instructions = "Be brief about zebras";
  await callApi(backend, "PATCH", `/v1/conversations/${id}`, {
    owner,
    body: { instructions },
  });
  await call("DELETE", owner, id);
  await backdate(settingsOf(owner, id), TERM + HOUR);
  expect(await sweep()).toMatchObject({ ended: 1, failed: 0 });
  const events = recordFoldersIn(records).ownerEvents(hashOf(owner));
  const names = await readdir(events);
  for (const name of names) {
    expect(await readFile(path.join(events, name), "utf8")).not.toContain(
      instructions,
    );
  }
});
