import { randomUUID } from "node:crypto";
import { readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { newestVersion } from "../../app/core/storage/document-versions";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  assistant,
  chatGptConversation,
  user,
} from "../support/chatgpt-export";
import { backend, listConversations } from "../support/fixtures";
import { beginImport, importAll } from "../support/imports";
import { records, useSweptRecords } from "../support/swept-records";

const DAY = 86_400_000;

const { sweep } = useSweptRecords({ deletedMs: 30 * DAY });

const file = [chatGptConversation("Rome", [user("1"), assistant("2")])];

const importsOf = (owner: string) =>
  recordFoldersIn(records).imports(hashOf(owner));

async function setAge(name: string, ms: number): Promise<void> {
  const then = new Date(Date.now() - ms);
  await utimes(name, then, then);
}

async function setProgressAge(owner: string, id: string, ms: number) {
  const progress = path.join(importsOf(owner), id, "progress");
  const newest = newestVersion(await readdir(progress)) ?? "";
  await setAge(path.join(progress, newest), ms);
}

test("an import is removed 7 days after its last progress, and its conversations stay", async () => {
  const owner = randomUUID();
  const { id } = await importAll(backend, file, { owner });
  await setProgressAge(owner, id, 6 * DAY);
  expect(await sweep()).toMatchObject({ imports: 0, failed: 0 });
  await setProgressAge(owner, id, 8 * DAY);
  expect(await sweep()).toMatchObject({ imports: 1, failed: 0 });
  expect(await readdir(importsOf(owner))).toEqual([]);
  expect((await listConversations(owner)).conversations).toHaveLength(1);
});

test("what an interrupted upload left is removed", async () => {
  const owner = randomUUID();
  const { begun } = await beginImport(backend, file, { owner });
  const folder = importsOf(owner);
  const rest = path.join(folder, `${"c".repeat(24)}.tmp`);
  await writeFile(rest, "Half of a");
  await setAge(rest, DAY);
  expect(await sweep()).toMatchObject({ leftovers: 1, imports: 0, failed: 0 });
  expect(await readdir(folder)).toEqual([begun.id]);
});
