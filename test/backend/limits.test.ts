import {
  callApi,
  startBackend,
  type TestBackend,
} from "../support/startBackend";

let backend: TestBackend;
afterEach(() => backend.stop());

const begin = (owner: string) =>
  callApi(backend, "POST", "/v1/conversations", {
    body: { text: "Please write 1000 words" },
    owner,
  });

it("begins no more replies at once for an owner than are allowed, however they are asked for", async () => {
  backend = await startBackend({
    env: { REPLIES_PER_OWNER: "3", ELIZA_DELAY_MS: "60000" },
  });
  const asked = Array.from({ length: 20 }, () => begin("ada"));
  const statuses = (await Promise.all(asked)).map(({ status }) => status);
  const counted = (status: number) =>
    statuses.filter((one) => one === status).length;
  expect([counted(201), counted(429)]).toEqual([3, 17]);
  expect((await begin("grace")).status).toBe(201);
});
