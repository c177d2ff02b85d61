import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { FileRef, isPrompt } from "../../app/core/domain/records";
import { hashOf } from "../../app/core/storage/layout/hashes";
import { recordFoldersIn } from "../../app/core/storage/layout/record-folders";
import {
  backend,
  createConversation,
  readConversation,
  sendMessage,
  useBackend,
  whenAnswered,
} from "../support/fixtures";
import { fakePdfs } from "../support/fake-pdfs";
import { jpeg, pdf, png } from "../support/sample-files";
import { callApi, startBackend, TOKEN } from "../support/start-backend";
import { download, upload } from "../support/upload";
import { expectEventually } from "../support/wait-for";

useBackend();

const uploadsOf = async (owner: string): Promise<string[]> => {
  const folders = recordFoldersIn(path.join(backend.directory, "records"));
  return readdir(folders.uploads(hashOf(owner))).catch(() => []);
};

/** An owner with a conversation that has a file. */
async function converse(content: Buffer | string, name = "notes.txt") {
  const owner = randomUUID();
  const { file } = await upload(backend, content, { owner, name });
  const { conversation, message } = await createConversation(owner, {
    text: "What is this?",
    files: [file.id],
  });
  await whenAnswered(owner, conversation.id);
  return { owner, id: conversation.id, file, message };
}

it("stores a file, gives it to a message, and serves its bytes", async () => {
  const content = png(30, 20);
  const { owner, id, file, message } = await converse(content, "dot.png");
  const { bytes, width, height, type } = file;
  expect({ bytes, width, height, type }).toEqual({
    bytes: content.length,
    width: 30,
    height: 20,
    type: "image/png",
  });
  expect(message.files).toEqual([file]);
  const { messages } = await readConversation(owner, id);
  expect(messages.filter(isPrompt)[0]?.files).toEqual([file]);
  const served = await download(backend, id, file.id, owner);
  expect(served.content.equals(content)).toBe(true);
  const about = decodeURIComponent(served.headers.get("keepsake-file") ?? "");
  expect(FileRef.parse(JSON.parse(about))).toEqual(file);
});

it("stores a file of many pieces byte by byte", async () => {
  const content = Buffer.from("äöü 0123456789\n".repeat(100_000));
  const { owner, id, file } = await converse(content);
  const served = await download(backend, id, file.id, owner);
  expect(served.content.equals(content)).toBe(true);
});

it("lets the built-in model say what it received", async () => {
  const { owner, id } = await converse(jpeg(300, 200), "cat.jpg");
  const { messages } = await readConversation(owner, id);
  expect(messages[1]?.text).toContain(
    "Thank you for “cat.jpg” (a JPEG picture of 300 × 200 pixels, 45 bytes)",
  );
});

it("keeps no upload beside a sent message", async () => {
  const { owner, id, file } = await converse("some notes");
  await expectEventually(async () =>
    expect(await uploadsOf(owner)).toEqual([]),
  );
  expect((await download(backend, id, file.id, owner)).status).toBe(200);
});

test.each([
  ["nothing", Buffer.alloc(0), "is empty"],
  ["a zip", Buffer.from("PK\x03\x04\x14\0\0\0"), "is neither text in UTF-8"],
  ["a program", Buffer.from("\x7fELF\x02\x01\0"), "is neither text in UTF-8"],
  ["a picture without a header", png(1, 1).subarray(0, 12), "damaged picture"],
  ["100 megapixels", png(10_000, 10_000), "has 100 megapixels"],
  ["more pixels than exist", png(0x7fffffff, 0x7fffffff), "megapixels"],
])("refuses %s with a sentence", async (_, content, problem) => {
  const owner = randomUUID();
  const answer = await upload(backend, content, { owner, name: "a.png" });
  expect(answer.status).toBe(422);
  expect(answer.problem).toContain("“a.png”");
  expect(answer.problem).toContain(problem);
  await expectEventually(async () =>
    expect(await uploadsOf(owner)).toEqual([]),
  );
});

it("refuses a file that is too large, and reads it to the end", async () => {
  const content = Buffer.alloc(20 * 1024 ** 2 + 1, "a");
  const answer = await upload(backend, content, { owner: randomUUID() });
  expect(answer).toMatchObject({
    status: 413,
    problem: "A file may have 20 MB. Make it smaller, or send a part of it.",
  });
});

it("stores a picture that is also a page as a picture", async () => {
  const polyglot = Buffer.concat([
    png(2, 2),
    Buffer.from("<script>alert(1)</script>"),
  ]);
  const { status, file } = await upload(backend, polyglot, {
    name: "../../<img src=x>\u202egnp.html",
  });
  expect(status).toBe(201);
  expect(file).toMatchObject({
    type: "image/png",
    name: "<img src=x>gnp.html",
  });
});

it("stores a repeated upload once, and refuses another file under its key", async () => {
  const owner = randomUUID();
  const given = { owner, key: "a-key" };
  const first = await upload(backend, "same", given);
  const second = await upload(backend, "same", given);
  expect(second.file).toEqual(first.file);
  expect((await upload(backend, "another", given)).status).toBe(409);
  expect(await uploadsOf(owner)).toEqual([first.file.id]);
});

it("deletes an upload that is not wanted", async () => {
  const owner = randomUUID();
  const { file } = await upload(backend, "no", { owner });
  for (let time = 0; time < 2; time++) {
    const answer = await callApi(backend, "DELETE", `/v1/files/${file.id}`, {
      owner,
    });
    expect(answer.status).toBe(204);
  }
  const answer = await callApi(backend, "POST", "/v1/conversations", {
    owner,
    body: { text: "Look", files: [file.id] },
  });
  expect(answer).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining("Attach it again") as string },
  });
});

it("gives a file to its owner alone", async () => {
  const { owner, id, file } = await converse("secret");
  const other = randomUUID();
  const own = await createConversation(other);
  const ofOther = own.conversation.id;
  expect((await download(backend, id, file.id, other)).status).toBe(404);
  expect((await download(backend, ofOther, file.id, other)).status).toBe(404);
  const loose = await upload(backend, "unsent", { owner });
  const stolen = await callApi(backend, "POST", "/v1/conversations", {
    owner: other,
    body: { text: "Mine", files: [loose.file.id] },
  });
  expect(stolen.status).toBe(409);
  await callApi(backend, "DELETE", `/v1/files/${loose.file.id}`, {
    owner: other,
  });
  expect(await uploadsOf(owner)).toContain(loose.file.id);
});

it("serves no file of a deleted conversation, and all after it is restored", async () => {
  const { owner, id, file } = await converse("back soon");
  const address = `/v1/conversations/${id}`;
  await callApi(backend, "DELETE", address, { owner });
  expect((await download(backend, id, file.id, owner)).status).toBe(404);
  await callApi(backend, "POST", `${address}/restore`, { owner });
  expect((await download(backend, id, file.id, owner)).status).toBe(200);
});

test.each([
  "..%2f",
  "..%2fsettings%2fv1",
  "a".repeat(26),
  "%2e%2e%2fsettings%2fv1",
])("finds no file %s", async (name) => {
  const { owner, id } = await converse("here");
  expect((await download(backend, id, name, owner)).status).toBe(404);
});

it("keeps the files of a message that is edited or regenerated", async () => {
  const { owner, id, file } = await converse("the same file");
  const { body } = await sendMessage(owner, id, {
    text: "Once more",
    insteadOf: 1,
  });
  expect(body).toMatchObject({ message: { files: [file] } });
  await whenAnswered(owner, id);
  const address = `/v1/conversations/${id}/replies/4/regenerate`;
  const again = await callApi(backend, "POST", address, { owner });
  expect(again.body).toMatchObject({ message: { files: [file] } });
});

it("sends a repeated message with its files once", async () => {
  const owner = randomUUID();
  const { file } = await upload(backend, "once", { owner });
  const send = () =>
    callApi(backend, "POST", "/v1/conversations", {
      owner,
      body: { text: "Once", files: [file.id] },
      headers: { "idempotency-key": "k" },
    });
  const first = await send();
  await expectEventually(async () =>
    expect(await uploadsOf(owner)).toEqual([]),
  );
  expect((await send()).body).toMatchObject({
    message: (first.body as { message: object }).message,
  });
});

it("counts files in the owner's quota, and refuses what exceeds it", async () => {
  const small = await startBackend({ env: { MEGABYTES_PER_OWNER: "1" } });
  const owner = randomUUID();
  const content = Buffer.alloc(700_000, "a");
  const first = await upload(small, content, { owner });
  const refused = await upload(small, content, { owner });
  expect(refused).toMatchObject({
    status: 403,
    problem:
      "You have reached the limit of 1 MB of messages and files. Delete conversations that you no longer need, then send the file again.",
  });
  await createConversation(
    owner,
    { text: "Keep", files: [first.file.id] },
    small,
  );
  expect((await upload(small, content, { owner })).status).toBe(403);
  const overview = await callApi(small, "GET", "/v1/overview", { owner });
  expect(overview.body).toMatchObject({
    quotas: { bytes: { used: 700_004 } },
  });
  await small.stop();
});

it("bounds the files that were not sent", async () => {
  const owner = randomUUID();
  for (let n = 0; n < 50; n++) await upload(backend, `${n}`, { owner });
  const answer = await upload(backend, "one too many", { owner });
  expect(answer.status).toBe(403);
  expect(answer.problem).toContain("50 files without sending them");
});

it("queues a message with its files", async () => {
  const slow = await startBackend({ env: { ELIZA_DELAY_MS: "50" } });
  const owner = randomUUID();
  const { conversation } = await createConversation(
    owner,
    { text: "Write a long answer about patience" },
    slow,
  );
  const { file } = await upload(slow, "queued file", { owner });
  const address = `/v1/conversations/${conversation.id}`;
  const sent = await callApi(slow, "POST", `${address}/messages`, {
    owner,
    body: { text: "And this?", files: [file.id], queue: true },
  });
  expect(sent.body).toMatchObject({ queued: true, message: { files: [file] } });
  const page = await readConversation(owner, conversation.id, { at: slow });
  expect(page.queue).toMatchObject([{ text: "And this?", files: [file] }]);
  await callApi(slow, "POST", `${address}/replies/2/stop`, { owner });
  await expectEventually(async () => {
    const { messages } = await readConversation(owner, conversation.id, {
      at: slow,
    });
    expect(messages[2]).toMatchObject({ text: "And this?", files: [file] });
  });
  const served = await download(slow, conversation.id, file.id, owner);
  expect(served.content.toString()).toBe("queued file");
  await slow.stop();
});

it("keeps what was found in a PDF, and refuses one that can't be read", async () => {
  const at = await startBackend({ pdfs: fakePdfs });
  const good = await upload(at, pdf(["Hello"]), { name: "a.pdf" });
  expect(good.file).toMatchObject({
    type: "application/pdf",
    pages: 1,
    textBytes: 5,
  });
  const locked = await upload(at, "%PDF-1.7 locked", { name: "b.pdf" });
  expect(locked).toMatchObject({
    status: 422,
    problem:
      "“b.pdf” is a PDF that needs a password. Save it without one, then attach that.",
  });
  await at.stop();
});

it("deletes an owner's files with all data", async () => {
  const { owner, id, file } = await converse("gone");
  await upload(backend, "gone as well", { owner });
  await callApi(backend, "DELETE", "/v1/owner", { owner });
  expect((await download(backend, id, file.id, owner)).status).toBe(404);
  expect(await uploadsOf(owner)).toEqual([]);
});

it("refuses an upload of another content type", async () => {
  const answer = await fetch(`${backend.url}/v1/files`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${TOKEN}`,
      "keepsake-owner": "ada",
      "content-type": "text/html",
    },
    body: "x",
  });
  expect(answer.status).toBe(415);
});

/** Sends a picture without text. */
async function beginWithPicture(owner: string) {
  const { file } = await upload(backend, png(3, 2), {
    owner,
    name: "a cat.png",
  });
  return createConversation(owner, { text: "", files: [file.id] });
}

describe("a message of files alone", () => {
  it("has its file's name as the title, and gets a reply", async () => {
    const owner = randomUUID();
    const { conversation, message } = await beginWithPicture(owner);
    expect(conversation.title).toBe("a cat.png");
    expect(message.text).toBe("");
    const page = await whenAnswered(owner, conversation.id);
    expect(page.messages[1]?.text).toContain("Thank you for “a cat.png”");
  });

  it("goes to the model with a sentence that names no file", async () => {
    const owner = randomUUID();
    const { conversation } = await beginWithPicture(owner);
    const ref = { ownerHash: hashOf(owner), conversation: conversation.id };
    const prompt = await backend.parts.records.promptFor({ ...ref, number: 2 });
    expect(prompt.messages.at(-1)).toMatchObject({
      role: "user",
      text: "See the attached file.",
      files: [{ name: "a cat.png" }],
    });
  });

  it("can be edited to have text, regenerated, and edited back", async () => {
    const owner = randomUUID();
    const { conversation } = await beginWithPicture(owner);
    const { id } = conversation;
    await whenAnswered(owner, id);
    const edit = (text: string, insteadOf: number) =>
      sendMessage(owner, id, { text, insteadOf });
    expect((await edit("What is it?", 1)).status).toBe(201);
    await whenAnswered(owner, id);
    expect((await edit("", 3)).status).toBe(201);
    await whenAnswered(owner, id);
    const again = `/v1/conversations/${id}/replies/6/regenerate`;
    const answer = await callApi(backend, "POST", again, { owner });
    expect(answer.status).toBe(201);
  });

  it("is refused without text and files, also as an edit", async () => {
    const owner = randomUUID();
    const body = { text: " ", files: [] };
    const refused = await callApi(backend, "POST", "/v1/conversations", {
      owner,
      body,
    });
    expect(refused.status).toBe(400);
    const { conversation } = await createConversation(owner);
    await whenAnswered(owner, conversation.id);
    const edit = { text: "", insteadOf: 1 };
    const answer = await sendMessage(owner, conversation.id, edit);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      detail: "The message is empty. Write something, and send it again.",
    });
  });
});
