import { Problem } from "../../app/core/api/operations";
import {
  type FileSystem,
  nodeFileSystem,
} from "../../app/core/storage/file-system";
import { diskErrors } from "../support/disk-errors";
import {
  callApi,
  startBackend,
  type TestBackend,
  type TestBackendOptions,
} from "../support/start-backend";
import { waitFor } from "../support/wait-for";

const backends: TestBackend[] = [];
afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop();
});

async function start(options: TestBackendOptions): Promise<TestBackend> {
  const backend = await startBackend(options);
  backends.push(backend);
  return backend;
}

/** The metric that reports a stall. */
async function unavailable(backend: TestBackend): Promise<number> {
  const text = await backend.parts.metrics.metrics();
  return Number(/^keepsake_storage_unavailable (\d)$/m.exec(text)?.[1]);
}

const create = (backend: TestBackend, key = "a-key") =>
  callApi(backend, "POST", "/v1/conversations", {
    body: { text: "Not to be lost" },
    headers: { "idempotency-key": key },
  });

const list = (backend: TestBackend) =>
  callApi(backend, "GET", "/v1/conversations");

const statusOf = async (backend: TestBackend, route: string) =>
  (await fetch(backend.url + route)).status;

/** As a full disk does: nothing new is made, and all that is there can be read. */
function refusable() {
  let code: string | undefined;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    mkdir: async (folder) => {
      if (code) throw Object.assign(new Error(code), { code });
      await nodeFileSystem.mkdir(folder);
    },
    open: async (file, flags) => {
      if (code && flags !== "r") {
        throw Object.assign(new Error(code), { code });
      }
      return nodeFileSystem.open(file, flags);
    },
  };
  return { fileSystem, refuse: (with_?: string) => (code = with_) };
}

describe("a disk that can't be written", () => {
  test.each(diskErrors)(
    "(%s) is told with %s and what to do",
    async (code, status, why) => {
      const { fileSystem, refuse } = refusable();
      const backend = await start({ fileSystem });
      expect((await create(backend, "before")).status).toBe(201);
      refuse(code);
      const refused = await create(backend);
      expect(refused.status).toBe(status);
      const { detail } = Problem.parse(refused.body);
      expect(detail).toContain(why);
      expect(detail).toContain("What was saved before is kept.");
      expect((await list(backend)).status).toBe(200);
      refuse();
      // The same request again is the same message, once.
      expect((await create(backend)).status).toBe(201);
      const { body } = await list(backend);
      expect((body as { conversations: unknown[] }).conversations).toHaveLength(
        2,
      );
    },
  );
});

test("a hung disk fails requests in bounded time and is reported, while the process stays ready", async () => {
  let answers: Promise<unknown> = Promise.resolve();
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    readdir: async (folder) => {
      await answers;
      return nodeFileSystem.readdir(folder);
    },
  };
  const env = { STORAGE_TIMEOUT_SECONDS: "1" };
  const backend = await start({ fileSystem, env });
  // A busy machine may take longer than it may, too, with each of these.
  await waitFor(async () => (await create(backend)).status === 201);
  await waitFor(async () => (await unavailable(backend)) === 0);

  let release: (value: unknown) => void = Boolean;
  answers = new Promise((resolve) => (release = resolve));
  const requests = Array.from({ length: 6 }, () => list(backend));
  expect(await unavailable(backend)).toBe(1);
  expect(await statusOf(backend, "/readyz")).toBe(200);
  for (const request of requests) {
    const { status, body } = await request;
    expect(status).toBe(503);
    expect(Problem.parse(body).detail).toContain("does not answer");
  }
  expect(await statusOf(backend, "/livez")).toBe(200);
  expect((await callApi(backend, "GET", "/v1/models")).status).toBe(200);

  release(undefined);
  answers = Promise.resolve();
  await waitFor(async () => (await unavailable(backend)) === 0);
  await waitFor(async () => (await list(backend)).status === 200);
});
