import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { limits } from "../../app/core/domain/records";
import {
  createConversation,
  readConversation,
  sendMessage,
} from "../support/fixtures";
import { startProcess } from "../support/processes";
import { callApi, TOKEN } from "../support/start-backend";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

/*
 * A conversation of many messages of a megabyte, on a process whose heap is smaller than it. A process that
 * reads it at once dies. It is called directly: web's calls have deadlines.
 */

const HEAP_MB = 192;
const MB = 1024 * 1024;
/** As many as earlier versions of the program put into one segment. */
const IN_SEGMENT = 100;
const SINGLE = 40;
const LAST = IN_SEGMENT + SINGLE;
const OWNER = "ada";

const MAIN = path.join(__dirname, "../../app/backend/main.ts");

type Backend = Parameters<typeof createConversation>[2];

const temporaryFolder = temporaryFolders();
let child: ReturnType<typeof startProcess>;
afterEach(async () => {
  child.kill("SIGKILL");
  await child.ended;
});

const SENT_AT = "2026-01-01T00:00:00.000Z";

/** A line of the log: a word that is of no other message, and a text of a megabyte. */
function lineOf(number: number): string {
  const text = `Message${number} ${"long text ".repeat(MB / 10 - 10)}`;
  const role = number % 2 === 1 ? "user" : "assistant";
  const entry = { format: 1, number, role, text, at: SENT_AT };
  return `${JSON.stringify({ ...entry, token: `token${number}` })}\n`;
}

/** Adds messages to a conversation of two. */
async function lengthen(messages: string): Promise<void> {
  const first = ["1", "2"].map((name) => path.join(messages, name));
  const begun = await Promise.all(first.map((file) => readFile(file, "utf8")));
  const numbers = Array.from({ length: IN_SEGMENT - 2 }, (_, n) => n + 3);
  const segment = path.join(messages, `1-${IN_SEGMENT}`);
  await writeFile(segment, [...begun, ...numbers.map(lineOf)].join(""));
  await Promise.all(first.map((file) => rm(file)));
  for (let n = IN_SEGMENT + 1; n <= LAST; n++) {
    await writeFile(path.join(messages, String(n)), lineOf(n));
  }
}

async function startBackend(records: string): Promise<Backend> {
  child = startProcess(MAIN, [], {
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
    DATA_DIRECTORY: records,
    INTERNAL_TOKEN: TOKEN,
    PORT: "0",
    METRICS_PORT: "0",
    ELIZA_DELAY_MS: "0",
    LOG_LEVEL: "warn",
  });
  const [message] = await Promise.race([once(child, "message"), failed()]);
  const { port } = message as { port: number };
  return { url: `http://localhost:${port}` } as Backend;
}

async function failed(): Promise<never> {
  throw new Error(`The backend ended: ${(await child.ended).errors}`);
}

/** A backend with a conversation that is larger than its heap. */
async function setUp() {
  const records = path.join(await temporaryFolder(), "records");
  await mkdir(records, { recursive: true });
  const backend = await startBackend(records);
  const { conversation } = await createConversation(OWNER, undefined, backend);
  const all = await readdir(records, { recursive: true });
  const folder = all.find((one) => path.basename(one) === "messages");
  const messages = path.join(records, folder ?? "");
  await waitFor(async () => (await readdir(messages)).includes("2"));
  await lengthen(messages);
  return { backend, id: conversation.id, messages };
}

test("a conversation that is larger than the heap is continued", async () => {
  const { backend: at, id, messages } = await setUp();
  const send = (text: string) =>
    sendMessage(OWNER, id, { text, queue: true }, { at, key: text });
  const sent = await Promise.all(["one", "two", "one"].map(send));
  expect(sent.map(({ status }) => status)).toEqual([201, 201, 201]);
  // The second prompt is queued, and the key that was sent twice makes one.
  const names = await waitFor(async () => {
    const all = await readdir(messages);
    return all.includes(String(LAST + 4)) && all;
  });
  expect(names).not.toContain(String(LAST + 5));
});

test("a conversation that is larger than the heap is shown and searched", async () => {
  const { backend: at, id } = await setUp();
  const read = async (query: string) => {
    const bound = `?messages=40&characters=${limits.pageCharacters}`;
    const page = await readConversation(OWNER, id, {
      at,
      query: `${bound}&${query}`,
    });
    return page.messages.map(({ number }) => number);
  };
  const [end, earlier, wanted, found] = await Promise.all([
    read("thread=0"),
    read(`thread=0&before=${IN_SEGMENT + 1}`),
    read("thread=20"),
    callApi(at!, "GET", `/v1/search?q=Message${LAST}`, { owner: OWNER }),
  ]);
  expect(end).toEqual([LAST - 1, LAST]);
  expect(earlier).toEqual([IN_SEGMENT - 1, IN_SEGMENT]);
  expect(wanted).toEqual([19, 20]);
  expect(found.body).toMatchObject({
    results: [{ excerpts: [{ number: LAST }] }],
  });
});
