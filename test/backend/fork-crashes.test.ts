import type { FileSystem } from "../../app/core/storage/file-system";
import { FAULT_KINDS } from "../support/faulty-file-system";
import { noReplies } from "../support/no-replies";
import {
  cutAfterEachCall,
  repeatAfterEachFault,
  resendAfterEachDeath,
} from "./crash-points";
import { conversationsOn, fileStoreOn, MODEL, OWNER } from "./memory-process";

const FILE = "a".repeat(26);

const startOn = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem, () => noReplies);

let original = "";

/** A conversation of one prompt with a file. */
async function prepare(disk: FileSystem): Promise<void> {
  await fileStoreOn(disk).save(OWNER, {
    id: FILE,
    name: "notes.txt",
    content: (async function* () {
      yield Buffer.from("Kept to the last byte");
    })(),
    checkSize: () => undefined,
  });
  const created = await startOn(disk).prompts.createConversation(
    OWNER,
    { text: "Not to be lost", model: MODEL, files: [FILE] },
    "a-key",
  );
  original = created.conversation.id;
}

const request = (fileSystem: FileSystem) =>
  startOn(fileSystem).forks.fork(OWNER, original, 1, "fork-key");

/** The listed forks, each opened: its title, its text and the bytes of its file. */
async function look(fileSystem: FileSystem): Promise<string[]> {
  const { conversations, conversationPages } = startOn(fileSystem);
  const listed = await conversations.list(OWNER, { limit: 10 });
  const forks = listed.conversations.filter(({ id }) => id !== original);
  const pages = forks.map(async ({ id, title }) => {
    const { messages } = await conversationPages.read(OWNER, id, { limit: 10 });
    const of = { ownerHash: OWNER, conversation: id };
    const file = await fileStoreOn(fileSystem).open(of, FILE);
    const bytes = await file?.read(0, file.record.bytes);
    await file?.close();
    return `${title}: ${messages[0]?.text}, ${bytes?.toString()}`;
  });
  return Promise.all(pages);
}

const whole = ["Not to be lost (2): Not to be lost, Kept to the last byte"];
const fork = { prepare, request, look, whole };

test.each(FAULT_KINDS)(
  "a fork that fails is not listed or opens, and a repeated request completes it, whichever storage call is %s",
  async (kind) => {
    expect(await repeatAfterEachFault(kind, fork)).toBeGreaterThan(10);
  },
);

test("a fork that is being made is not listed or opens after a power cut at any storage call", async () => {
  expect(await cutAfterEachCall(fork)).toBeGreaterThan(100);
});

test("a fork that is requested again after its process died survives a power cut", async () => {
  const deaths = await resendAfterEachDeath({
    prepare,
    request,
    check: async (found) => {
      expect(await look(found)).toEqual(whole);
      const { bytes } = await startOn(found).quotas.known(OWNER);
      expect(bytes.used).toBe(2 * ("Not to be lost".length + 21));
    },
  });
  expect(deaths).toBeGreaterThan(20);
});
