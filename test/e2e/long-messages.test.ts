import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { HttpVisitor } from "../support/http-visitor";
import { KeepsakeProcesses } from "../support/keepsake-processes";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

/*
 * A conversation of many messages of a megabyte, on processes whose heap is smaller than it. A process that
 * reads it at once dies.
 */

const HEAP_MB = 192;
const MB = 1024 * 1024;
/** As many as earlier versions of the program put into one segment. */
const IN_SEGMENT = 100;
const SINGLE = 40;

const temporaryFolder = temporaryFolders();
let processes: KeepsakeProcesses;
afterEach(() => processes.stop());

const at = "2026-01-01T00:00:00.000Z";

/** A line of the log: words that are of no other message, and a text that no other has. */
function lineOf(number: number): string {
  const text = `Message${number} ${"long text ".repeat(MB / 10 - 10)}`;
  const role = number % 2 === 1 ? "user" : "assistant";
  const entry = { format: 1, number, role, text, at, token: `token${number}` };
  return `${JSON.stringify(entry)}\n`;
}

async function findFolder(folder: string, name: string): Promise<string> {
  const all = await readdir(folder, { recursive: true });
  const found = all.find((one) => path.basename(one) === name);
  if (found === undefined) throw new Error(`no folder ${name} in ${folder}`);
  return path.join(folder, found);
}

/** Adds messages to a conversation of two. */
async function lengthen(messages: string): Promise<void> {
  const first = ["1", "2"].map((name) => path.join(messages, name));
  const begun = await Promise.all(first.map((file) => readFile(file, "utf8")));
  const numbers = Array.from({ length: IN_SEGMENT - 2 }, (_, n) => n + 3);
  const segment = path.join(messages, `1-${IN_SEGMENT}`);
  await writeFile(segment, [...begun, ...numbers.map(lineOf)].join(""));
  await Promise.all(first.map((file) => rm(file)));
  for (let n = IN_SEGMENT + 1; n <= IN_SEGMENT + SINGLE; n++) {
    await writeFile(path.join(messages, String(n)), lineOf(n));
  }
}

/** Starts web and backend, with a conversation that is larger than the heap of each. */
async function start() {
  const folder = await temporaryFolder();
  await mkdir(folder, { recursive: true });
  processes = new KeepsakeProcesses(folder, {
    NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}`,
  });
  const visitor = new HttpVisitor(await processes.start());
  const address = await visitor.begin("hello");
  await waitFor(async () => {
    const page = await visitor.read(address);
    return page.includes('id="m2"') && !page.includes("data-events");
  });
  const messages = await findFolder(path.join(folder, "records"), "messages");
  await lengthen(messages);
  return { visitor, address, messages };
}

test("a conversation that is larger than the heap is continued", async () => {
  const { visitor, address, messages } = await start();
  const send = (message: string) =>
    visitor.post(`${address}/messages`, { message, key: message });
  const sent = await Promise.all(["one", "two", "one"].map(send));
  expect(sent.map(({ status }) => status)).toEqual([303, 303, 303]);
  // The second prompt is queued, and the key that was sent twice makes one.
  const last = IN_SEGMENT + SINGLE + 4;
  const names = await waitFor(async () => {
    const all = await readdir(messages);
    return all.includes(String(last)) && all;
  });
  expect(names).not.toContain(String(last + 1));
});
