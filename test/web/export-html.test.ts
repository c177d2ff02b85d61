import { createHash } from "node:crypto";
import { idPattern, limits } from "../../app/core/domain/records";
import { exportName } from "../../app/web/pages/exports/export-name";
import { png } from "../support/sample-files";
import { scriptReply, useWeb, visitor, web } from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();

/** Begins a conversation, and waits for its reply. @returns Its id. */
async function converse(text: string, reply: string): Promise<string> {
  web.api.script = () => [reply];
  const path = await visitor.begin(text);
  await waitFor(async () =>
    (await visitor.read(path)).includes('data-copy="text" data-source'),
  );
  const id = path.split("/").at(-1) ?? "";
  expect(id).toMatch(idPattern);
  return id;
}

const download = async (query: string) => {
  const answer = await visitor.get(`/data/download?${query}`);
  return { answer, text: await answer.text() };
};

const RICH = [
  "# A heading",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "```js\nconst x = '<b>';\n```",
  "$$\\frac{1}{2}$$",
  "A note[^1] and https://example.org\n\n[^1]: Here.",
].join("\n\n");

test("a conversation is one page with its texts as they are shown", async () => {
  const id = await converse("What is <i>this</i>?", RICH);
  const { answer, text } = await download(`format=html&c-${id}`);
  expect(answer.headers.get("content-type")).toContain("text/html");
  expect(answer.headers.get("content-disposition")).toBe(
    'attachment; filename="What is -i-this--i--.html"',
  );
  expect(text).toContain("What is &lt;i&gt;this&lt;/i&gt;?");
  expect(text).toContain("<table>");
  expect(text).toContain('<pre tabindex="0"><code>');
  expect(text).toContain("<math");
  expect(text).toContain("<h2>You</h2>");
  expect(text).toContain("</html>");
});

test.each(["html", "markdown"])(
  "%s says of an unfinished reply that it was still being written",
  async (format) => {
    const reply = scriptReply(["Half of", " it."]);
    await visitor.begin("A question");
    reply.next();
    const read = () => visitor.read(`/data/download?format=${format}`);
    await waitFor(async () => (await read()).includes("Half of"));
    const text = await read();
    expect(text).toContain("This reply was still being written.");
    expect(text).not.toContain("Stopped.");
    reply.next();
    await waitFor(async () => !(await read()).includes("still being written"));
  },
);

test("the page asks for nothing, and its policy forbids to", async () => {
  const id = await converse("Hello", RICH);
  const { text } = await download(`format=html&c-${id}`);
  expect(text).not.toMatch(
    /<script|<link|<iframe|<form|\son\w+=|@import|url\(/,
  );
  expect(text).not.toMatch(/\ssrc="(?!data:)/);
  const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(text).toContain(
    `content="default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'none'; base-uri 'none'"`,
  );
});

test("several conversations have ids of their own in one page", async () => {
  const first = await converse("One", RICH);
  const second = await converse("Two", RICH);
  const { text } = await download(`format=html&c-${first}=on&c-${second}=on`);
  const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(ids.length);
  expect(text.match(/<section>/g)).toHaveLength(2);
});

test("pictures are in the page, and other files are named", async () => {
  const picture = png(20, 10);
  await visitor.read("/");
  const form = new FormData();
  form.append("message", "See");
  form.append("files", new Blob([new Uint8Array(picture)]), "dot.png");
  form.append("files", new Blob(["notes"]), "<b>.txt");
  const answer = await fetch(`${web.address}/conversations`, {
    method: "POST",
    redirect: "manual",
    body: form,
    headers: { cookie: visitor.cookie, origin: web.address },
  });
  const id = answer.headers.get("location")?.split("/").at(-1) ?? "";
  const { text } = await download(`format=html&c-${id}`);
  const [, data = ""] = /src="data:image\/png;base64,([^"]*)"/.exec(text) ?? [];
  expect(Buffer.from(data, "base64").equals(picture)).toBe(true);
  expect(text).toContain("<bdi>&lt;b&gt;.txt</bdi>");
});

test("Markdown and JSON have the chosen conversations alone", async () => {
  const chosen = await converse("One", "First answer");
  await converse("Two", "Second answer");
  const markdown = await download(`format=markdown&c-${chosen}`);
  expect(markdown.text).toBe(
    "# One\n\n## You\n\nOne\n\n## Model one\n\nFirst answer\n",
  );
  const json = await download(`format=json&c-${chosen}`);
  expect(JSON.parse(json.text)).toMatchObject({
    format: 1,
    projects: [],
    conversations: [{ id: chosen, title: "One" }],
  });
  const all = await download("format=markdown");
  expect(all.text).toContain("# Two\n");
  expect(all.text).toContain("\n# One\n");
  expect(all.answer.headers.get("content-disposition")).toMatch(
    /filename="keepsake-\d{4}-\d\d-\d\d\.md"/,
  );
});

test("another visitor's conversation is not exported", async () => {
  const id = await converse("Secret", "Hidden");
  visitor.cookies.clear();
  expect((await download(`format=html&c-${id}`)).answer.status).toBe(404);
  const both = await download(`c-${id}&c-${"a".repeat(26)}`);
  expect(JSON.parse(both.text)).toMatchObject({ conversations: [] });
});

test.each([
  ["format=docx", "This format does not exist."],
  [
    Array.from(
      { length: limits.selection + 1 },
      (_, n) =>
        `c-${"a".repeat(23)}${[n >> 8, (n >> 4) & 15, n & 15].map((d) => "abcdefghijklmnop"[d]).join("")}`,
    ).join("&"),
    "At most 200 conversations can be chosen.",
  ],
])("an export that can't be made says why: %.20s", async (query, reason) => {
  const { answer, text } = await download(query);
  expect(answer.status).toBe(400);
  expect(text).toContain(reason);
});

test.each([
  ["a/b\\c:d", "a-b-c-d.md"],
  ["../../etc/passwd", "-..-etc-passwd.md"],
  ["..", "file.md"],
  ["\u202egnp.exe", "gnp.exe.md"],
  ["x\0y\nz", "xyz.md"],
  ["\u2003", "file.md"],
  ["é".repeat(100), `${"é".repeat(60)}.md`],
])("the title %j becomes the name %j", (title, name) => {
  expect(exportName(title, "md")).toBe(name);
});

it.each(["c-zzz=on", "back=/conversations", "c-=on&format=html"])(
  "exports nothing where nothing is chosen: %s",
  async (query) => {
    await visitor.begin("Kept");
    const answer = await visitor.get(`/data/download?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.headers.get("content-disposition")).toBeNull();
  },
);
