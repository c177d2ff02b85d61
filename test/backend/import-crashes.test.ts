import type { Import } from "../../app/core/domain/records";
import type { FileSystem } from "../../app/core/storage/file-system";
import {
  assistant,
  chatGptConversation,
  user,
} from "../support/chatgpt-export";
import { dieAfter, FAULT_KINDS } from "../support/faulty-file-system";
import { MemoryDisk } from "../support/memory-disk";
import { noReplies } from "../support/no-replies";
import { cutAfterEachCall, repeatAfterEachFault } from "./crash-points";
import { conversationsOn, idle, OWNER } from "./memory-process";

const startOn = (fileSystem: FileSystem) =>
  conversationsOn(fileSystem, () => noReplies);

const fileOf = (...titles: string[]) =>
  JSON.stringify(
    titles.map((title) =>
      chatGptConversation(title, [user(`About ${title}`), assistant("Yes.")]),
    ),
  );

/** Uploads a file and imports it to its end. A repeated call continues the same import. */
async function importOn(fileSystem: FileSystem, text: string): Promise<Import> {
  const { imports } = startOn(fileSystem);
  const content = (async function* () {
    yield Buffer.from(text);
  })();
  let made = await imports.begin(OWNER, { name: "x.json", content, key: "k" });
  const { signal } = new AbortController();
  while (made.finishedAt === null) {
    made = await imports.continue(OWNER, made.id, signal);
  }
  return made;
}

/** The listed conversations, each opened. */
async function look(fileSystem: FileSystem): Promise<string[]> {
  const { conversations, conversationPages } = startOn(fileSystem);
  const listed = await conversations.list(OWNER, { limit: 10 });
  const pages = listed.conversations.map(async ({ id, title }) => {
    const { messages } = await conversationPages.read(OWNER, id, { limit: 10 });
    return `${title}: ${messages.map(({ text }) => text).join(" ")}`;
  });
  return (await Promise.all(pages)).toSorted();
}

const one = {
  request: (fileSystem: FileSystem) => importOn(fileSystem, fileOf("A")),
  look,
  whole: ["A: About A Yes."],
};

test.each(FAULT_KINDS)(
  "a conversation whose import fails is not listed or opens, and a repeated request completes it, whichever storage call is %s",
  async (kind) => {
    expect(await repeatAfterEachFault(kind, one)).toBeGreaterThan(10);
  },
  120_000,
);

test("a conversation that is imported is not listed or opens after a power cut at any storage call", async () => {
  expect(await cutAfterEachCall(one)).toBeGreaterThan(100);
}, 120_000);

/** Every call with INTERLEAVINGS=all, else each third: the calls between differ little. */
const STEP = process.env["INTERLEAVINGS"] === "all" ? 1 : 3;

/** Not a multiple of two: so each operation is lost in some of the disks. */
const STRIDE = 37;

test("an import that goes on after its process died imports each conversation once, and counts it", async () => {
  const text = fileOf("A", "B");
  let deaths = 0;
  for (let calls = 0; ; calls += STEP) {
    const disk = new MemoryDisk();
    const dying = dieAfter(disk, calls);
    await importOn(dying.fileSystem, text).catch(() => undefined);
    await idle();
    await importOn(disk, text);
    let number = 0;
    for (const found of disk.cutAfter(disk.operations.length)) {
      if (number++ % STRIDE > 0) continue;
      expect(await look(found)).toEqual(["A: About A Yes.", "B: About B Yes."]);
      const [made] = await startOn(found).imports.list(OWNER);
      expect(made).toMatchObject({ imported: 2, skipped: 0, notes: [] });
    }
    if (!dying.hasDied()) break;
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(20);
}, 120_000);
