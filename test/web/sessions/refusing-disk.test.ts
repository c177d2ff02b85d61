import { readdir } from "node:fs/promises";
import pino from "pino";
import { Registry } from "prom-client";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../../app/core/storage/file-system";
import { openSessionStore } from "../../../app/web/sessions/open-session-store";
import { HttpVisitor } from "../../support/http-visitor";
import { startWeb, type TestWeb } from "../../support/start-web";
import { temporaryFolders } from "../../support/temporary-folder";

/* Web on session files, on a disk that starts to refuse writes. */

const temporaryFolder = temporaryFolders();
const webs: TestWeb[] = [];
afterEach(async () => {
  for (const web of webs.splice(0)) await web.close();
});

function refusable() {
  let code: string | undefined;
  const refusing =
    <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      if (code) throw Object.assign(new Error(code), { code });
      return call(...given);
    };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    mkdir: refusing(nodeFileSystem.mkdir),
    open: refusing(nodeFileSystem.open),
    link: refusing(nodeFileSystem.link),
    syncDirectory: refusing(nodeFileSystem.syncDirectory),
  };
  return { fileSystem, refuse: (with_?: string) => (code = with_) };
}

async function start() {
  const directory = await temporaryFolder();
  const { fileSystem, refuse } = refusable();
  const { store } = await openSessionStore({
    config: {
      SESSION_DIRECTORY: directory,
      SESSION_IDLE_SECONDS: 1000,
      SESSION_ABSOLUTE_SECONDS: 10_000,
      STORAGE_TIMEOUT_SECONDS: 60,
      UV_THREADPOOL_SIZE: 4,
    },
    keys: () => ["a key of more than sixteen"],
    log: pino({ level: "silent" }),
    metrics: new Registry(),
    fileSystem,
  });
  const web = await startWeb({ store });
  webs.push(web);
  const names = async () =>
    (await readdir(directory, { recursive: true })).toSorted();
  return { refuse, names, visitor: new HttpVisitor(web.address) };
}

const sessionIn = (page: string) => /Session<\/dt><dd>(\w+)/.exec(page)?.[1];
const message = "Not <lost>";
const form = { message, key: "k".repeat(36), model: "eliza/two" };

describe.each([
  ["ENOSPC", 507, "storage is full"],
  ["EDQUOT", 507, "storage is full"],
  ["EROFS", 507, "is read-only"],
  ["EIO", 503, "reports an error"],
  ["ESTALE", 503, "reports an error"],
])("a disk that answers %s", (code, status, why) => {
  test("serves pages to a visitor, reports an unsaved change, and returns the typed text", async () => {
    const { refuse, names, visitor } = await start();
    const address = await visitor.begin("before");
    const page = await visitor.read(address);
    const before = await names();

    refuse(code);
    const meanwhile = await visitor.read(address);
    expect(sessionIn(meanwhile)).toBe(sessionIn(page));
    expect(meanwhile).toContain("before</div>");
    const answer = await visitor.post("/session/model", { model: "eliza/one" });
    expect(answer.status).toBe(status);
    const told = await answer.text();
    expect(told).toContain("Your session could not be saved");
    expect(told).toContain(why);
    expect(await names()).toEqual(before);

    // The same idempotency key: a repeated message is saved once.
    const sent = await visitor.post("/conversations", form);
    expect(sent.status).toBe(status);
    const given = await sent.text();
    expect(given).toContain("Not &lt;lost&gt;</textarea>");
    expect(given).toContain(`value="${form.key}"`);
    refuse();
    expect((await visitor.post("/conversations", form)).status).toBe(303);
    expect(sessionIn(await visitor.read(address))).toBe(sessionIn(page));
  });

  test("serves pages to a new visitor, and refuses changes that the visitor could not find again", async () => {
    const { refuse, names, visitor } = await start();
    refuse(code);
    const page = await visitor.get("/");
    expect(page.status).toBe(200);
    const session = sessionIn(await page.text());
    expect(session).toMatch(/^\w+$/);
    const answer = await visitor.post("/conversations", form);
    expect(answer.status).toBe(status);
    const told = await answer.text();
    expect(told).toContain("Not &lt;lost&gt;</textarea>");
    expect(told).toContain(why);
    expect(await names()).toEqual([]);
    refuse();
    expect((await visitor.post("/conversations", form)).status).toBe(303);
    expect(sessionIn(await visitor.read("/"))).toBe(session);
  });
});
