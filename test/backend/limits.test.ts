import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/start-backend";

let backend: TestBackend;
afterEach(() => backend.stop());

const begin = (owner: string) =>
  callApi(backend, "POST", "/v1/conversations", {
    body: { text: "Please write 1000 words" },
    owner,
  });

/** The number of answers with each of two statuses, and with any other. */
async function countOf(
  asked: ReturnType<typeof callApi>[],
  ...expected: [number, number]
): Promise<number[]> {
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  const counts = expected.map(
    (status) => statuses.filter((one) => one === status).length,
  );
  return [...counts, statuses.length - counts.reduce((sum, one) => sum + one)];
}

it("starts at most REPLIES_PER_OWNER replies at once for one owner", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_OWNER: "3", ELIZA_DELAY_MS: "60000" },
  });
  const asked = Array.from({ length: 20 }, () => begin("ada"));
  expect(await countOf(asked, 201, 429)).toEqual([3, 17, 0]);
  expect((await begin("grace")).status).toBe(201);
});

it("starts at most REPLIES_PER_PROCESS replies at once on one process", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_PROCESS: "3", ELIZA_DELAY_MS: "60000" },
  });
  const asked = Array.from({ length: 20 }, (_, index) => begin(`ada-${index}`));
  expect(await countOf(asked, 201, 503)).toEqual([3, 17, 0]);
});

it("does not count replies that were refused or failed to start", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_PROCESS: "1", ELIZA_DELAY_MS: "60000" },
  });
  const { replies } = backend.parts;
  await replies.reserveSlot("an owner");
  replies.releaseSlot("an owner");
  expect((await begin("ada")).status).toBe(201);
  expect((await begin("grace")).status).toBe(503);
});
