/*
 * Imports 10 and then 1,000 conversations of 100 messages into an empty Keepsake each, and exports them in each
 * format. Prints the times, and the most memory that web and backend had.
 */
import { type Running, startKeepsake, Visitor } from "./support";

const COUNTS = [10, 1_000];
const MESSAGES = 100;
const PORT = 18_090;
const FORMATS = ["json", "markdown", "html"];
const TEXT =
  "Some words of an answer with **bold** ones, and a list:\n\n- one\n- two\n";

function fileOf(count: number): string {
  const at = "2024-01-01T00:00:00.000Z";
  const messages = Array.from({ length: MESSAGES }, (_, index) => ({
    number: index + 1,
    role: index % 2 === 0 ? "user" : "assistant",
    text: TEXT.repeat(index % 2 === 0 ? 1 : 5),
    at,
  }));
  const conversations = Array.from({ length: count }, (_, index) => ({
    title: `Conversation ${index}`,
    messages,
  }));
  return JSON.stringify({ format: 1, projects: [], conversations });
}

/** Imports a file as the form does without a script. */
async function importFile(visitor: Visitor, text: string): Promise<void> {
  await visitor.post("/projects", { name: "so that the session is stored" });
  const form = new FormData();
  form.append("file", new Blob([text]), "conversations.json");
  const answer = await fetch(`${visitor.url}/data/imports`, {
    method: "POST",
    redirect: "manual",
    body: form,
    headers: { cookie: visitor.cookie, origin: visitor.url },
  });
  await answer.arrayBuffer();
  const path = answer.headers.get("location");
  if (!path) throw new Error(`The import was answered with ${answer.status}`);
  while ((await visitor.get(path)).headers.has("refresh")) continue;
}

/** Reads an export to its end. @returns Its bytes. */
async function read(visitor: Visitor, format: string): Promise<number> {
  const answer = await visitor.get(`/data/download?format=${format}`);
  let bytes = 0;
  for await (const piece of answer.body ?? []) {
    bytes += (piece as Uint8Array).length;
  }
  return bytes;
}

/** Runs a step, and returns its seconds and the most memory during it. */
async function measure(
  running: Running,
  step: () => Promise<unknown>,
): Promise<string> {
  const most = { web: 0, backend: 0 };
  const watch = setInterval(() => {
    const { web, backend } = running.memory();
    most.web = Math.max(most.web, web);
    most.backend = Math.max(most.backend, backend);
  }, 100);
  const begun = performance.now();
  await step();
  const seconds = (performance.now() - begun) / 1_000;
  clearInterval(watch);
  const mib = `web ${Math.round(most.web)} MiB, backend ${Math.round(most.backend)} MiB`;
  return `${seconds.toFixed(2)} s, ${mib}`;
}

async function run(count: number): Promise<void> {
  const running = await startKeepsake(PORT, {});
  try {
    const visitor = new Visitor(running.url);
    const text = fileOf(count);
    const megabytes = (text.length / 1024 ** 2).toFixed(1);
    console.log(
      `${count} conversations of ${MESSAGES} messages, ${megabytes} MB`,
    );
    console.log(
      `  import    ${await measure(running, () => importFile(visitor, text))}`,
    );
    for (const format of FORMATS) {
      let bytes = 0;
      const result = await measure(running, async () => {
        bytes = await read(visitor, format);
      });
      const size = `${(bytes / 1024 ** 2).toFixed(1)} MB`;
      console.log(`  ${format.padEnd(9)} ${result}, ${size}`);
    }
    const list = await measure(running, () => visitor.get("/conversations"));
    console.log(`  list      ${list}`);
  } finally {
    await running.stop();
  }
}

async function main(): Promise<void> {
  for (const count of COUNTS) await run(count);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
