import { join } from "node:path";
import { ActiveReplyIndex } from "../../app/core/storage/layout/active-reply-index";
import { nodeFileSystem } from "../../app/core/storage/file-system";
import type { ConnectedApi } from "../../app/web/backend-client/api";
import { connectApi } from "../support/connect-api";
import { EventWatcher } from "../support/event-watcher";
import { fillableDisk } from "../support/fillable-disk";
import { HttpVisitor } from "../support/http-visitor";
import { startBackend, type TestBackend } from "../support/start-backend";
import { startWeb, type TestWeb } from "../support/start-web";
import { waitFor } from "../support/wait-for";

/* Pages and streams of replies that cannot be saved. */

const disk = fillableDisk();

let backend: TestBackend;
let api: ConnectedApi;
let web: TestWeb;

beforeEach(async () => {
  const env = { ELIZA_DELAY_MS: "20" };
  backend = await startBackend({ fileSystem: disk.fileSystem, env });
  api = connectApi(backend.url, { recordAgeMs: 0 });
  web = await startWeb({ api });
});
afterEach(async () => {
  disk.isFull = false;
  await web.close();
  await api.close();
  await backend.stop();
});

const NOTICE = "The reply can't be saved: the server's storage is full.";

/** Reads a streamed page up to a text. */
async function readTo(
  visitor: HttpVisitor,
  address: string,
  words: string,
): Promise<string> {
  const answer = await visitor.get(address);
  let page = "";
  for await (const chunk of answer.body ?? []) {
    page += Buffer.from(chunk).toString();
    if (page.includes(words)) break;
  }
  return page;
}

/** Starts a reply, and fills the disk during it until its writer gives up. */
async function giveUp(visitor: HttpVisitor): Promise<string> {
  const address = await visitor.begin("Please write 100 words");
  const begun = new EventWatcher();
  const path = `${address}/replies/2`;
  await begun.follow(visitor, path, ({ text }) => text !== "");
  disk.isFull = true;
  const { directory, parts } = backend;
  const folder = join(directory, "records", "in-progress");
  const [ref] = await new ActiveReplyIndex(nodeFileSystem, folder).list();
  await waitFor(async () => ref && !parts.replies.isWriting(ref));
  return address;
}

it("shows that a reply cannot be saved, with and without a script, until it continues", async () => {
  const visitor = new HttpVisitor(web.address);
  const address = await giveUp(visitor);
  expect(await readTo(visitor, address, NOTICE)).toContain(NOTICE);
  const late = new EventWatcher();
  const path = `${address}/replies/2`;
  await late.follow(visitor, path, ({ notice }) => notice !== undefined);
  expect(late.notice).toContain(NOTICE);
  disk.isFull = false;
  await late.follow(visitor, path);
  expect(late.end?.outcome).toBe("complete");
  expect(late.notice).not.toContain(NOTICE);
});
