import { isPrompt } from "../../app/core/domain/records";
import type { FileSystem } from "../../app/core/storage/file-system";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import { sweepRecords } from "../../app/sweep/sweep-records";
import { beginSweep } from "../support/begin-sweep";
import { dieAfter, FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { noReplies } from "../support/no-replies";
import {
  cutAfterEachCall,
  repeatAfterEachFault,
  resendAfterEachDeath,
} from "./crash-points";
import {
  conversationsOn,
  fileStoreOn,
  idle,
  MODEL,
  OWNER,
} from "./memory-process";

const folders = recordFoldersIn("/records");
const ID = "a".repeat(26);
const CONTENT = "Kept to the last byte";
const HOUR = 3_600_000;

const save = (fileSystem: FileSystem) =>
  fileStoreOn(fileSystem).save(OWNER, {
    id: ID,
    name: "notes.txt",
    // Two pieces: a crash between them leaves half of the file.
    content: (async function* () {
      yield Buffer.from(CONTENT.slice(0, 9));
      yield Buffer.from(CONTENT.slice(9));
    })(),
    checkSize: () => undefined,
  });

const startOn = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem, () => noReplies);

const send = (fileSystem: FileSystem) =>
  startOn(fileSystem).prompts.createConversation(
    OWNER,
    { text: "See this", model: MODEL, files: [ID] },
    "a-key",
  );

/** The names of uploads that a client can send: each must be whole. */
async function uploads(fileSystem: FileSystem): Promise<string[]> {
  const of = { ownerHash: OWNER, conversation: "b".repeat(26) };
  const files = await fileStoreOn(fileSystem)
    .describe(of, [ID])
    .catch(() => []);
  return files.map(({ name, bytes }) => `${name} ${bytes}`);
}

/** The contents of the files of all listed conversations. */
async function contents(fileSystem: FileSystem): Promise<string[][]> {
  const { conversations, conversationPages } = startOn(fileSystem);
  const listed = await conversations.list(OWNER, { limit: 10 });
  return Promise.all(
    listed.conversations.map(async ({ id }) => {
      const page = await conversationPages.read(OWNER, id, { limit: 10 });
      const files = page.messages
        .filter(isPrompt)
        .flatMap((p) => p.files ?? []);
      return Promise.all(
        files.map(({ id: file }) => textOf(fileSystem, id, file)),
      );
    }),
  );
}

async function textOf(
  fileSystem: FileSystem,
  conversation: string,
  id: string,
) {
  const of = { ownerHash: OWNER, conversation };
  const file = await fileStoreOn(fileSystem).open(of, id);
  const text = await file?.read(0, file.record.bytes);
  await file?.close();
  return text?.toString() ?? "missing";
}

const whole = [`notes.txt ${CONTENT.length}`];

const upload = { request: save, look: uploads, whole };

test.each(FAULT_KINDS)(
  "an upload that fails is whole or absent, and a repeated one completes it, whichever storage call is %s",
  async (kind) => {
    const refused = await repeatAfterEachFault(kind, upload);
    expect(refused).toBeGreaterThan(5);
  },
);

test("an upload is whole or absent after a power cut at any storage call, and kept once it is acknowledged", async () => {
  const disks = await cutAfterEachCall(upload);
  expect(disks).toBeGreaterThan(50);
});

test("a message has its whole file after a power cut at any storage call", async () => {
  const disks = await cutAfterEachCall({
    prepare: save,
    request: send,
    look: contents,
    whole: [[CONTENT]],
  });
  expect(disks).toBeGreaterThan(100);
});

test("a message that is sent again after its process died has its file after a power cut", async () => {
  const deaths = await resendAfterEachDeath({
    prepare: save,
    request: send,
    check: async (found) => expect(await contents(found)).toEqual([[CONTENT]]),
  });
  expect(deaths).toBeGreaterThan(30);
});

test("a sweep removes what an interrupted upload leaves, and nothing of a whole one", async () => {
  for (let calls = 0; ; calls++) {
    let now = 0;
    const disk = new MemoryDisk(undefined, () => now);
    const process = dieAfter(disk, calls);
    const saved = await save(process.fileSystem).catch(() => undefined);
    await idle();
    const before = await uploads(disk);
    now += 2 * HOUR;
    const begun = await beginSweep("/records", disk).catch(() => undefined);
    if (begun) await sweepRecords(begun, "/records", { deletedMs: HOUR });
    expect(await uploads(disk)).toEqual(before);
    const left = await disk.readdir(folders.uploads(OWNER)).catch(() => []);
    expect(left).toEqual(before.length > 0 ? [ID] : []);
    if (saved && !process.hasDied()) return;
  }
});
