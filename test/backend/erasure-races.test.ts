import { Registry } from "prom-client";
import { OwnerEraser } from "../../app/backend/owners/owner-eraser";
import { createLog } from "../../app/core/runtime/log";
import type { FileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { createStorageContext } from "../../app/core/storage/storage-context";
import {
  assistant,
  chatGptConversation,
  user,
} from "../support/chatgpt-export";
import { MemoryDisk } from "../support/memory-disk";
import { noReplies } from "../support/no-replies";
import { conversationsOn, idle, MODEL, OWNER } from "./memory-process";

const startOn = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem, () => noReplies);

/** Another process deletes all data of the owner. */
const eraseOn = (fileSystem: FileSystem) =>
  new OwnerEraser({
    files: createStorageContext({ fileSystem }),
    folders: recordFoldersIn("/records"),
    replies: { stop: async () => undefined },
    links: { tokenHashes: async () => [], forget: async () => undefined },
    log: createLog("silent", {}),
    metrics: new Registry(),
    now: () => new Date(),
  }).erase(OWNER);

/** Runs something before one of the calls. */
function before(
  fileSystem: FileSystem,
  call: number,
  run: () => Promise<void>,
): { fileSystem: FileSystem; hasRun: () => boolean } {
  let calls = 0;
  const count = async () => {
    if (++calls === call) await run();
  };
  const counted = new Proxy(fileSystem, {
    get(target, name: keyof FileSystem) {
      const method = target[name] as (...args: unknown[]) => unknown;
      if (name === "entries") return method;
      return async (...args: unknown[]) => {
        await count();
        return await method(...args);
      };
    },
  });
  return { fileSystem: counted, hasRun: () => calls >= call };
}

/** The event that lists a conversation can have its title, when it was written at the same moment. */
const isEvent = (name: string) => name.includes("/activity/");

/** All data is deleted before each storage call of a request in turn. @returns The number of calls. */
async function eraseDuring(
  prepare: (
    disk: FileSystem,
  ) => Promise<(disk: FileSystem) => Promise<unknown>>,
): Promise<number> {
  for (let call = 1; ; call++) {
    const disk = new MemoryDisk();
    const request = await prepare(disk);
    const racing = before(disk, call, () => eraseOn(disk));
    await request(racing.fileSystem).catch(() => undefined);
    if (!racing.hasRun()) return call;
    await idle();
    const found = startOn(disk);
    const { conversations } = await found.conversations.list(OWNER, {
      limit: 10,
    });
    expect(conversations).toEqual([]);
    expect((await found.quotas.known(OWNER)).bytes.used).toBe(0);
    expect(await found.imports.list(OWNER)).toEqual([]);
    const left = disk
      .dump()
      .filter(([name, data]) => !isEvent(name) && data.includes("zebra"));
    expect(left).toEqual([]);
  }
}

test("a fork is erased with all data of its owner, whenever that happens", async () => {
  const calls = await eraseDuring(async (disk) => {
    const { conversation } = await startOn(disk).prompts.createConversation(
      OWNER,
      { text: "About a zebra", model: MODEL },
      "a-key",
    );
    return (fileSystem) =>
      startOn(fileSystem).forks.fork(OWNER, conversation.id, 1, "fork-key");
  });
  expect(calls).toBeGreaterThan(20);
});

test("what an import has saved is erased with all data of its owner, whenever that happens", async () => {
  const text = JSON.stringify(
    ["A", "B"].map((title) =>
      chatGptConversation(title, [user("A zebra"), assistant("Yes.")]),
    ),
  );
  const calls = await eraseDuring(async (disk) => {
    const content = (async function* () {
      yield Buffer.from(text);
    })();
    const upload = { name: "x.json", content, key: "k" };
    const { id } = await startOn(disk).imports.begin(OWNER, upload);
    const { signal } = new AbortController();
    return (fileSystem) =>
      startOn(fileSystem).imports.continue(OWNER, id, signal);
  });
  expect(calls).toBeGreaterThan(20);
}, 120_000);

test("an import that an earlier version of the program left in an erasure does not go on", async () => {
  const disk = new MemoryDisk();
  const content = (async function* () {
    yield Buffer.from(
      JSON.stringify([
        chatGptConversation("A", [user("A zebra"), assistant("Yes.")]),
      ]),
    );
  })();
  const { imports } = startOn(disk);
  const { id } = await imports.begin(OWNER, { name: "x.json", content });
  const { rename } = disk;
  // It hides other folders alone.
  disk.rename = async (from, to) => {
    if (!from.endsWith("/imports")) await rename(from, to);
  };
  await eraseOn(disk);
  disk.rename = rename;
  const { signal } = new AbortController();
  await expect(imports.continue(OWNER, id, signal)).rejects.toThrow("import");
  expect(await imports.list(OWNER)).toEqual([]);
});
