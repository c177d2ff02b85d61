import { createConnection, type Socket } from "node:net";
import { ref, directory, useDirectory, watchToEnd } from "./processes";
import { barrier, scriptedModels } from "./scripted-models";
import { credentials, serveProcess, type ServedProcess } from "./servers";
import { once, waitFor } from "../../support/wait-for";

let process: ServedProcess | undefined;
useDirectory();
afterEach(() => process?.kill());

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

const QUERY = "?ahead=true&live=sse&offset=-1";

it("an event stream sends heartbeats while the model is silent", async () => {
  const { held, go } = barrier();
  const { models } = scriptedModels(() => ["One ", () => held, "two"]);
  process = await serveProcess(directory, models, { heartbeatMs: 20 });
  await process.replies.start(ref);
  const answer = await fetch(process.url() + QUERY, { headers: credentials });
  let text = "";
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    // Three comments, which no reader of events takes for one.
    if (text.split("\n: still here\n").length > 3) go();
  }
  expect(text).toContain('"streamClosed":true');
});

it("a client with the current tag gets a 304, even if a proxy made the tag weak", async () => {
  const { models } = scriptedModels(() => ["One ", "two"]);
  process = await serveProcess(directory, models);
  await process.replies.start(ref);
  await watchToEnd(process.replies);
  const url = process.url();
  const first = await fetch(url, { headers: credentials });
  await first.arrayBuffer();
  const tag = first.headers.get("etag") ?? "";
  const statuses: number[] = [];
  for (const known of [tag, `W/${tag}`, `"other", W/${tag}`, "*", '"other"']) {
    const headers = { ...credentials, "if-none-match": known };
    const answer = await fetch(url, { headers });
    await answer.arrayBuffer();
    statuses.push(answer.status);
  }
  expect(statuses).toEqual([304, 304, 304, 304, 200]);
});

/** A reader who asks and then takes nothing. */
async function stalled(url: URL): Promise<Socket> {
  const socket = createConnection(Number(url.port), url.hostname);
  await once(socket, "connect");
  socket.pause();
  socket.write(
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nauthorization: ${credentials.authorization}\r\n\r\n`,
  );
  return socket;
}

const PIECE = `${"word ".repeat(200)}\n`;
const PIECES = 20_000;
const READERS = 10;
const MIB = 1024 * 1024;

it("a long reply takes bounded memory for clients that read nothing", async () => {
  const { held, go } = barrier();
  const { models } = scriptedModels(function* () {
    yield () => held;
    for (let index = 0; index < PIECES; index++) {
      if (index % 50 === 0) yield nextTurn;
      yield PIECE;
    }
  });
  process = await serveProcess(directory, models, { maxLength: Infinity });
  const server = process;
  const { replies } = server;
  await replies.start(ref);
  const url = new URL(process.url() + QUERY);
  const readers = await Promise.all(
    Array.from({ length: READERS }, () => stalled(url)),
  );
  await waitFor(() => server.streams.size === READERS);
  go();
  let mostUnsent = 0;
  const seen = watchToEnd(replies, () => {
    mostUnsent = Math.max(mostUnsent, server.unsentBytes());
  });
  await waitFor(
    async () => (await replies.snapshot(ref))?.status === "complete",
  );
  const { text } = await seen;
  expect(text).toHaveLength(PIECE.length * PIECES);
  mostUnsent = Math.max(mostUnsent, server.unsentBytes());
  // Each alone would be 19 MiB, if it were kept for its reader.
  expect(mostUnsent).toBeGreaterThan(0);
  expect(mostUnsent / READERS).toBeLessThan(4 * MIB);
  for (const reader of readers) reader.destroy();
});
