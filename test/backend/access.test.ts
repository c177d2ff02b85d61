import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { fixedTokens, readTokens } from "../../app/core/config/tokens";
import { operations } from "../../app/core/api/operations";
import {
  callApi,
  startBackend,
  temporaryDirectory,
  TOKEN,
} from "../support/start-backend";
import { waitFor } from "../support/wait-for";

const withToken = (token: string) => ({
  headers: { authorization: `Bearer ${token}` },
});

test("a call without a valid token is refused", async () => {
  const backend = await startBackend();
  for (const authorization of [
    "",
    "Bearer",
    "Bearer ",
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Basic ${TOKEN}`,
    TOKEN,
  ]) {
    const answer = await callApi(backend, "GET", "/v1/conversations", {
      headers: { authorization },
    });
    expect([authorization, answer.status]).toEqual([authorization, 401]);
    expect(answer.body).toMatchObject({ status: 401 });
  }
  await backend.stop();
});

const OLD = "the-old-token-of-yesterday-0123456789";
const NEW = "the-new-token-of-today-0123456789abcdef";

test("both tokens are accepted during a rotation", async () => {
  const tokens = fixedTokens(NEW, TOKEN);
  const backend = await startBackend({ tokens });
  for (const token of [NEW, TOKEN]) {
    const answer = await callApi(
      backend,
      "GET",
      "/v1/projects",
      withToken(token),
    );
    expect(answer.status).toBe(200);
  }
  await backend.stop();
});

test("tokens added to or removed from the file take effect without a restart", async () => {
  const directory = await temporaryDirectory();
  const file = path.join(directory, "INTERNAL_TOKEN");
  await mkdir(directory, { recursive: true });
  await writeFile(file, `${OLD}\n`, { mode: 0o600 });
  const tokens = await readTokens({ SECRETS_DIRECTORY: directory }, () => {
    throw new Error("The file can be read");
  });
  const backend = await startBackend({ tokens });
  const status = async (token: string) =>
    (await callApi(backend, "GET", "/v1/projects", withToken(token))).status;
  expect(await status(OLD)).toBe(200);
  await writeFile(file, `${NEW}\n`);
  await waitFor(async () => (await status(NEW)) === 200);
  expect(await status(OLD)).toBe(401);
  await backend.stop();
  await rm(directory, { recursive: true });
});

test("a request id is returned, and generated if absent", async () => {
  const backend = await startBackend();
  const headers = { "x-request-id": "abc-123" };
  const named = await callApi(backend, "GET", "/v1/models", { headers });
  expect(named.headers.get("x-request-id")).toBe("abc-123");
  const other = await callApi(backend, "GET", "/v1/models");
  expect(other.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  await backend.stop();
});

test("a passed deadline is answered with 504", async () => {
  const backend = await startBackend();
  await callApi(backend, "POST", "/v1/conversations", {
    body: { text: "Hello" },
  });
  const headers = { "keepsake-deadline-ms": "0" };
  const answer = await waitFor(async () => {
    const got = await callApi(backend, "GET", "/v1/search?q=x", { headers });
    return got.status === 200 ? undefined : got;
  });
  expect(answer.status).toBe(504);
  await backend.stop();
});

test("no path reaches a reply in another owner's folder", async () => {
  const backend = await startBackend();
  const begin = async (owner: string) => {
    const body = { text: "Hello" };
    const made = await callApi(backend, "POST", "/v1/conversations", {
      owner,
      body,
    });
    return operations.createConversation.answer.parse(made.body).conversation;
  };
  const { id } = await begin("ada");
  await begin("eve");
  const shard = hashOf("ada").slice(0, 2);
  const away = `../../../${shard}/${hashOf("ada")}/conversations/${id}`;
  const answers: [string, string, number][] = [];
  for (const other of [away, `./${id}`, "..", "\0", id]) {
    const reply = `/v1/conversations/${encodeURIComponent(other)}/replies/2`;
    for (const [method, route] of [
      ["GET", `${reply}?offset=-1`],
      ["HEAD", reply],
      ["POST", `${reply}/stop`],
      ["POST", `${reply}/retry`],
    ] as const) {
      const answer = await callApi(backend, method, route, { owner: "eve" });
      answers.push([method, other, answer.status]);
    }
  }
  await backend.stop();
  expect(answers).toEqual(
    answers.map(([method, other]) => [method, other, 404]),
  );
});
