import {
  fixedTokens,
  probeToken,
  readTokens,
} from "../../app/core/config/tokens";
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { startWeb, type TestWeb } from "../support/start-web";
import { temporaryFolders } from "../support/temporary-folder";
import { waitFor } from "../support/wait-for";

const temporaryFolder = temporaryFolders();
const TOKEN = "a-token-for-tests-only-0123456789abcdef";

let web: TestWeb;
afterEach(() => web.close());

const probe = (token: string) =>
  fetch(`${web.address}/preflight`, {
    headers: { authorization: `Bearer ${token}` },
  });

it("answers a request with the derived probe token, and 404 to one with the internal token itself", async () => {
  web = await startWeb({ tokens: fixedTokens("newer", TOKEN) });
  expect((await probe(probeToken(TOKEN))).status).toBe(200);
  expect((await probe(TOKEN)).status).toBe(404);
  expect((await probe("")).status).toBe(404);
});

it("accepts a token that was added after the start", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "INTERNAL_TOKEN");
  await writeFile(file, TOKEN, { mode: 0o600 });
  const tokens = await readTokens({ SECRETS_DIRECTORY: folder }, () => {});
  web = await startWeb({ tokens });
  await rm(file);
  const newer = `newer-${TOKEN}`;
  await writeFile(file, newer, { mode: 0o600 });
  const shown = probeToken(newer);
  await waitFor(async () => (await probe(shown)).ok);
  expect((await probe(shown)).status).toBe(200);
});
