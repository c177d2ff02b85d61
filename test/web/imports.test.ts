import { limits } from "../../app/core/domain/records";
import {
  assistant,
  chatGptConversation,
  user,
} from "../support/chatgpt-export";
import { HttpVisitor } from "../support/http-visitor";
import { useWeb, visitor, web } from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();

const file = (...titles: string[]) =>
  JSON.stringify(
    titles.map((title) =>
      chatGptConversation(title, [user(`About ${title}`), assistant("Yes.")]),
    ),
  );

/** Sends the form as a browser without JavaScript does. */
async function send(content: string | undefined, by = visitor) {
  const page = await by.read("/data/imports");
  const key = /name="key" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const form = new FormData();
  form.append("key", key);
  if (content !== undefined) {
    form.append("file", new Blob([content]), "conversations.json");
  }
  return fetch(`${web.address}/data/imports`, {
    method: "POST",
    redirect: "manual",
    body: form,
    headers: { cookie: by.cookie, origin: web.address },
  });
}

async function begin(content: string, by = visitor): Promise<string> {
  const answer = await send(content, by);
  expect(answer.status).toBe(303);
  for (const line of answer.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    by.cookies.set(name, value);
  }
  return answer.headers.get("location") ?? "";
}

test("a form imports conversations, on a page that loads itself until it is done", async () => {
  const path = await begin(file("Rome", "Oslo"));
  const html = await waitFor(async () => {
    const answer = await visitor.get(path);
    const text = await answer.text();
    return answer.headers.get("refresh") === null && text;
  });
  expect(html).toContain("2 conversations were imported.");
  const list = await visitor.read("/conversations");
  expect(list).toContain("Rome");
  expect(list).toContain("Oslo");
  expect(await visitor.read("/data/imports")).toContain(path);
  await visitor.post(`${path}/delete`, {});
  expect(await visitor.read("/data/imports")).not.toContain(path);
  expect(await visitor.read("/conversations")).toContain("Rome");
});

test("the report names what was left out and why", async () => {
  const bad = `[{"title":"<b>Bad</b>","mapping":{}},${file("Good").slice(1)}`;
  const html = await visitor.read(await begin(bad));
  expect(html).toContain("1 conversation was imported.");
  expect(html).toContain("1 was left out.");
  expect(html).toContain("<bdi>&lt;b&gt;Bad&lt;/b&gt;</bdi>");
  expect(html).toContain("It has no messages.");
});

const messagesIn = (text: string) =>
  (
    JSON.parse(text) as { conversations: { messages: unknown }[] }
  ).conversations.map(({ messages }) => messages);

test("what was exported is imported by another visitor, with the same messages", async () => {
  const conversation = await visitor.begin("About roses");
  await waitFor(async () =>
    (await visitor.read(conversation)).includes("You said: About roses"),
  );
  const exported = await visitor.read("/data/download");
  const other = new HttpVisitor(web.address);
  await other.post("/projects", { name: "so that a session is stored" });
  const html = await other.read(await begin(exported, other));
  expect(html).toContain("1 conversation was imported.");
  const again = await other.read("/data/download");
  expect(messagesIn(again)).toEqual(messagesIn(exported));
});

test("a form without a file, and a file that can't be imported, are refused with a sentence", async () => {
  await begin(file("A"));
  const none = await send(undefined);
  expect(none.status).toBe(400);
  expect(await none.text()).toContain("No file was chosen.");
  const fresh = new HttpVisitor(web.address);
  await fresh.post("/projects", { name: "x" });
  const zip = await send("PK\u0003\u0004", fresh);
  expect(zip.status).toBe(422);
  expect(await zip.text()).toContain("Unpack it");
});

test("a file that is too long is refused", async () => {
  const { importBytes } = limits;
  Object.assign(limits, { importBytes: 1_000 });
  await visitor.post("/projects", { name: "x" });
  const answer = await send(`[${" ".repeat(2_000)}{}]`);
  Object.assign(limits, { importBytes });
  expect(answer.status).toBe(413);
});

test("another visitor's import is not found", async () => {
  const path = await begin(file("Secret"));
  const other = new HttpVisitor(web.address);
  await other.post("/projects", { name: "x" });
  expect((await other.get(path)).status).toBe(404);
  await other.post(`${path}/delete`, {});
  expect(await visitor.read("/data/imports")).toContain(path);
  expect((await other.get(`${path}x`)).status).toBe(404);
});
