import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { png } from "../support/sample-files";
import { restartWeb, useWeb, visitor, web } from "../support/start-web";
import { HttpVisitor } from "../support/http-visitor";
import { waitFor } from "../support/wait-for";

useWeb();

interface SentFile {
  name: string;
  content: Buffer | string;
}

/** Sends a form as a browser without JavaScript does: its fields first, then its files. */
async function postForm(
  path: string,
  fields: Record<string, string>,
  files: SentFile[],
  by = visitor,
) {
  await by.read("/");
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const { name, content } of files) {
    form.append(
      "files",
      new Blob([new Uint8Array(Buffer.from(content))]),
      name,
    );
  }
  return fetch(web.address + path, {
    method: "POST",
    redirect: "manual",
    body: form,
    headers: { cookie: by.cookie, origin: web.address },
  });
}

/** Begins a conversation with a file. @returns Its page. */
async function begin(file: SentFile, message = "See this") {
  const answer = await postForm("/conversations", { message }, [file]);
  expect(answer.status).toBe(303);
  const path = answer.headers.get("location") ?? "";
  const html = await waitFor(async () => {
    const text = await visitor.read(path);
    return text.includes("from-model") && text;
  });
  return { path, html };
}

const addressIn = (html: string) =>
  /href="(\/conversations\/\w+\/files\/\w+)"/.exec(html)?.[1] ?? "";

it("shows a picture that a form brought, and serves it so that nothing runs", async () => {
  const content = Buffer.concat([
    png(40, 30),
    Buffer.from("<script>alert(1)</script>"),
  ]);
  const { html } = await begin({ name: "dot.html", content });
  const address = addressIn(html);
  expect(html).toContain(
    `<img src="${address}" alt="dot.html" width="40" height="30"`,
  );
  const served = await visitor.get(address);
  expect(Buffer.from(await served.arrayBuffer()).equals(content)).toBe(true);
  const { headers } = served;
  expect(headers.get("content-type")).toBe("image/png");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toBe(
    "sandbox; default-src 'none'",
  );
  expect(headers.get("content-disposition")).toBe(
    'inline; filename="dot.html.png"',
  );
  expect(headers.get("cache-control")).toBe("private, no-cache");
});

it("serves a page as text to be saved, under a name that no browser runs", async () => {
  const { html } = await begin({ name: "a.html", content: "<b>bold</b>" });
  const { headers } = await visitor.get(addressIn(html));
  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(headers.get("content-disposition")).toBe(
    'attachment; filename="a.html.txt"',
  );
});

it("shows names as text", async () => {
  const name = '"><script>alert(1)</script>\u202etxt.exe';
  const { html } = await begin({ name, content: "hello" });
  expect(html).not.toContain("<script>alert");
  expect(html).not.toContain("\u202e");
});

it("answers a repeated request for a file without its bytes", async () => {
  const { html } = await begin({ name: "a.txt", content: "hello" });
  const first = await visitor.get(addressIn(html));
  await first.text();
  const etag = first.headers.get("etag") ?? "";
  const again = await visitor.get(addressIn(html), {
    "if-none-match": etag,
    // Otherwise fetch asks for a fresh copy.
    "cache-control": "max-age=0",
  });
  expect(again.status).toBe(304);
});

it("gives a file to its owner alone", async () => {
  const { html } = await begin({ name: "a.txt", content: "secret" });
  const other = new HttpVisitor(web.address);
  await other.begin("Hello");
  expect((await other.get(addressIn(html))).status).toBe(404);
});

it("sends several files with one message, in their order", async () => {
  const files = ["one", "two", "three"].map((content) => ({
    name: `${content}.txt`,
    content,
  }));
  const answer = await postForm("/conversations", { message: "All" }, files);
  const html = await visitor.read(answer.headers.get("location") ?? "");
  const names = [...html.matchAll(/<bdi>(\w+)\.txt<\/bdi>/g)];
  expect(names.map(([, name]) => name)).toEqual(["one", "two", "three"]);
});

it("sends a message whose file input is empty", async () => {
  const answer = await postForm("/conversations", { message: "None" }, [
    { name: "", content: "" },
  ]);
  expect(answer.status).toBe(303);
});

/** Sends a file without text. @returns The address of its conversation. */
async function sendFile(name: string) {
  const form = { message: "", key: "the same form" };
  const answer = await postForm("/conversations", form, [
    { name, content: name },
  ]);
  expect(answer.status).toBe(303);
  return answer.headers.get("location") ?? "";
}

it("sends a message of files alone, twice with different files", async () => {
  const first = await sendFile("one.txt");
  expect(await visitor.read(first)).toContain("<h1>one.txt</h1>");
  expect(await sendFile("one.txt")).toBe(first);
  expect(await sendFile("two.txt")).not.toBe(first);
});

it("refuses more files than a message can have", async () => {
  const files = Array.from({ length: 6 }, (_, n) => ({
    name: `${n}.txt`,
    content: "x",
  }));
  const answer = await postForm("/conversations", { message: "All" }, files);
  expect(answer.status).toBe(413);
  expect(await answer.text()).toContain("A message can have 5 files.");
});

it("refuses what is no text, picture or PDF, and keeps what was typed", async () => {
  const answer = await postForm("/conversations", { message: "My words" }, [
    { name: "good.txt", content: "good" },
    { name: "bad.gz", content: gzipSync(Buffer.alloc(100_000_000)) },
  ]);
  expect(answer.status).toBe(422);
  const html = await answer.text();
  expect(html).toContain("bad.gz&rdquo;".replace("&rdquo;", "”"));
  expect(html).toContain("My words</textarea>");
  expect(html).toMatch(/name="file-\w{26}" value="good.txt"/);
});

it("refuses a file that is too large, and shows the answer", async () => {
  const content = Buffer.alloc(21 * 1024 ** 2, "a");
  const answer = await postForm("/conversations", { message: "Big" }, [
    { name: "big.txt", content },
  ]);
  expect(answer.status).toBe(413);
  expect(await answer.text()).toContain("A file may have 20 MB.");
});

/** Sends a file by itself, as the script does. */
async function upload(
  content: string,
  name = "a.txt",
  key: string = randomUUID(),
  language = "en",
) {
  await visitor.read("/");
  return fetch(`${web.address}/files`, {
    method: "POST",
    body: content,
    headers: {
      cookie: visitor.cookie,
      origin: web.address,
      accept: "application/json",
      "accept-language": language,
      "content-type": "application/octet-stream",
      "x-file-name": encodeURIComponent(name),
      "x-file-key": key,
    },
  });
}

it("takes a file by itself, and sends it with a message later", async () => {
  const { id, name } = (await (await upload("hello", "ä.txt")).json()) as {
    id: string;
    name: string;
  };
  expect(name).toBe("ä.txt");
  const path = await visitor.post("/conversations", {
    message: "Here",
    [`file-${id}`]: name,
  });
  const html = await visitor.read(path.headers.get("location") ?? "");
  expect(html).toContain(`/files/${id}"`);
});

it("answers a refused upload with a sentence", async () => {
  const answer = await upload("a\0b");
  expect(answer.status).toBe(422);
  expect(await answer.text()).toMatch(/^“a.txt” is neither text in UTF-8/);
});

it.each([
  ["de", "„a.txt“ ist weder Text in UTF-8 noch"],
  ["ar", "الملف «\u2068a.txt\u2069» ليس نصًا بترميز UTF-8"],
])(
  "answers a refused upload in the visitor's language: %s",
  async (language, said) => {
    const answer = await upload("a\0b", "a.txt", randomUUID(), language);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain(said);
  },
);

it("deletes an upload that is not wanted", async () => {
  const { id } = (await (await upload("hello")).json()) as { id: string };
  expect((await visitor.post(`/files/${id}/delete`, {})).status).toBe(204);
  const answer = await visitor.post("/conversations", {
    message: "Here",
    [`file-${id}`]: "a.txt",
  });
  expect(answer.status).toBe(409);
});

it("limits the uploads from one address", async () => {
  await restartWeb({ limitsPerMinute: { uploads: 4 } });
  expect((await upload("one")).status).toBe(201);
  const answer = await upload("two");
  expect(answer.status).toBe(429);
  expect(await answer.text()).toMatch(/^Too many files were sent from your/);
});

it("refuses an upload from another site", async () => {
  const answer = await fetch(`${web.address}/files`, {
    method: "POST",
    body: "x",
    headers: { cookie: visitor.cookie, origin: "https://example.com" },
  });
  expect(answer.status).toBe(403);
});

it("says the limits before an upload begins", async () => {
  expect(await visitor.read("/")).toContain(
    "Attach up to 5 files of 20 MB: text, PNG, JPEG, GIF, WebP or PDF",
  );
});
