import { createLog } from "../../app/core/runtime/log";
import { HttpVisitor } from "../support/http-visitor";
import { png } from "../support/sample-files";
import { failure } from "../support/scripted-stream";
import {
  restartWeb,
  scriptReply,
  startWeb,
  useWeb,
  visitor,
  web,
} from "../support/start-web";
import { waitFor } from "../support/wait-for";

useWeb();

/** Begins a conversation, and waits for its reply. @returns Its page. */
async function converse(message = "First question"): Promise<string> {
  const page = await visitor.begin(message);
  await replied(page, `You said: ${message}`);
  return page;
}

const replied = (page: string, text: string) =>
  waitFor(async () => (await visitor.read(page)).includes(`${text}</p>`));

async function say(page: string, message: string): Promise<void> {
  await visitor.post(`${page}/messages`, { message });
  await replied(page, `You said: ${message}`);
}

const keyIn = (html: string) => /name="key" value="([^"]+)"/.exec(html)?.[1];

/** Shares a conversation by its form. @returns The link's path. */
async function share(page: string): Promise<string> {
  const key = keyIn(await visitor.read(`${page}/share`)) ?? "";
  const made = await visitor.post(`${page}/share`, { key });
  expect(made.status).toBe(303);
  const html = await visitor.read(made.headers.get("location") ?? "");
  const links = [...html.matchAll(/href="(\/shared\/[a-z2-7]{26})"/g)];
  expect(html).toContain("Link created.");
  return links[0]?.[1] ?? "";
}

async function revoke(page: string): Promise<void> {
  const html = await visitor.read(`${page}/share`);
  const [, action = ""] = /action="(\/links\/\w+\/revoke)"/.exec(html) ?? [];
  const conversation = page.split("/").at(-1) ?? "";
  const answer = await visitor.post(action, { conversation });
  expect(answer.headers.get("location")).toBe(`${page}/share?revoked=yes`);
}

/** Another person's browser, without cookies. */
const stranger = (address = web.address) => new HttpVisitor(address);
const open = (path: string, address?: string) => stranger(address).get(path);
const read = (path: string) => stranger().read(path);

describe("a shared link", () => {
  it("shows what was shared, and nothing that came later", async () => {
    const page = await converse();
    const link = await share(page);
    await say(page, "A later question");
    const html = await read(link);
    expect(html).toContain("You said: First question");
    expect(html).not.toContain("later question");
  });

  it("shows neither earlier nor later versions, nor what can be done with messages", async () => {
    const page = await converse();
    await visitor.post(`${page}/rename`, { title: "A title" });
    await visitor.post(`${page}/messages`, {
      message: "Edited question",
      insteadOf: "1",
    });
    await replied(page, "You said: Edited question");
    const link = await share(page);
    await visitor.post(`${page}/messages`, {
      message: "Edited once more",
      insteadOf: "1",
    });
    await replied(page, "You said: Edited once more");
    const html = await read(link);
    expect(html).toContain("Edited question");
    expect(html).not.toMatch(/First question|once more|<form|<script|<button/);
  });

  it("does not show a reply that is written when it is shared, also when that is done", async () => {
    const reply = scriptReply(["The beginning", " and the end."]);
    const page = await visitor.begin("Hello");
    reply.next();
    const link = await share(page);
    reply.next();
    await replied(page, "The beginning and the end.");
    const html = await read(link);
    expect(html).toContain("Hello");
    expect(html).not.toContain("The beginning");
  });

  it("does not show a reply that failed", async () => {
    web.api.script = () => ["Some reply that breaks", failure("Out of order.")];
    const page = await visitor.begin("Hello");
    await waitFor(async () =>
      (await visitor.read(page)).includes("Out of order."),
    );
    const link = await share(page);
    web.api.script = (prompt) => [`You said: ${prompt}`];
    await say(page, "Go on");
    const html = await read(link);
    expect(html).toContain("Hello");
    expect(html).not.toMatch(/breaks|Out of order|Go on/);
  });

  it("needs no session, gives none, and asks search engines and caches to keep nothing", async () => {
    const link = await share(await converse());
    for (const path of [
      link,
      "/shared/aaaaaaaaaaaaaaaaaaaaaaaaaa",
      "/shared/x",
    ]) {
      const { headers } = await open(path);
      expect(headers.getSetCookie()).toEqual([]);
      expect(headers.get("x-robots-tag")).toBe("noindex, nofollow, noarchive");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
    }
    const html = await read(link);
    expect(html).toContain('<meta name="robots" content="noindex');
    expect(html).not.toContain("Served by");
  });

  it("is answered alike when it is unknown, malformed or revoked", async () => {
    const page = await converse();
    const link = await share(page);
    await revoke(page);
    const paths = [
      link,
      "/shared/aaaaaaaaaaaaaaaaaaaaaaaaaa",
      "/shared/x",
      "/shared/%00",
      `${link}?before=2`,
    ];
    const answers = await Promise.all(paths.map((path) => open(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    const names = answers.map(({ headers }) =>
      [...headers.keys()].filter((name) => name !== "date").join(),
    );
    expect(new Set(names).size).toBe(1);
  });

  it("is revoked on every process at once, with its files", async () => {
    const other = await startWeb({ api: web.api });
    try {
      const page = await converse();
      const link = await share(page);
      expect((await open(link, other.address)).status).toBe(200);
      await revoke(page);
      expect((await open(link, other.address)).status).toBe(404);
      expect((await open(link)).status).toBe(404);
      expect(await visitor.read(`${page}/share`)).toContain("No links.");
    } finally {
      await other.close();
    }
  });

  it("ends with its conversation, and loses a deleted message", async () => {
    const page = await converse();
    await say(page, "Second question");
    const link = await share(page);
    await visitor.post(`${page}/turns/3/delete`, {});
    expect(await read(link)).not.toContain("Second question");
    await visitor.post(`${page}/turns/3/restore`, {});
    expect(await read(link)).toContain("Second question");
    await visitor.post(`${page}/delete`, {});
    expect((await open(link)).status).toBe(404);
    expect(await visitor.read("/data")).not.toContain(link);
    await visitor.post(`${page}/restore`, {});
    expect((await open(link)).status).toBe(200);
  });

  it("does not show a message that was deleted before, when it is restored", async () => {
    const page = await converse();
    await say(page, "Second question");
    await visitor.post(`${page}/turns/3/delete`, {});
    const link = await share(page);
    await visitor.post(`${page}/turns/3/restore`, {});
    expect(await read(link)).not.toContain("Second question");
  });

  it("ends with all data of its owner", async () => {
    const link = await share(await converse());
    await visitor.post("/data/delete", {});
    expect((await open(link)).status).toBe(404);
  });

  it("shows an archived conversation, and the title of that time", async () => {
    const page = await converse();
    const link = await share(page);
    await visitor.post(`${page}/rename`, { title: "A secret title" });
    await visitor.post(`${page}/archive`, {});
    const html = await read(link);
    expect(html).toContain("First question");
    expect(html).not.toContain("secret");
  });

  it("shows a long thread in parts", async () => {
    const page = await converse("Question 1");
    for (let number = 2; number <= 22; number++) {
      await say(page, `Question ${number}`);
    }
    const link = await share(page);
    const html = await read(link);
    expect(html).toContain("You said: Question 22<");
    expect(html).not.toContain("You said: Question 1<");
    const [, older = ""] =
      /href="(\/shared\/[^"]*before=\d+)"/.exec(html) ?? [];
    expect(await read(older)).toContain("You said: Question 1<");
  });

  it.each(["GET", "HEAD"])(
    "is limited by the visitor's address for %s",
    async (method) => {
      await restartWeb({ limitsPerMinute: { shared: 8 } });
      const link = await share(await converse());
      const statuses: number[] = [];
      for (let count = 0; count < 4; count++) {
        const { status } = await fetch(`${web.address}${link}`, { method });
        statuses.push(status);
      }
      expect(statuses).toEqual([200, 200, 429, 429]);
    },
  );

  it("is at its own address alone, not at one in capitals", async () => {
    const link = await share(await converse());
    const capitals = link.replace("/shared/", "/SHARED/");
    expect((await open(capitals)).status).toBe(404);
  });

  it("dates each message, since no script does", async () => {
    const html = await read(await share(await converse()));
    const year = String(new Date().getFullYear());
    const times = [...html.matchAll(/<time[^>]*>([^<]*)</g)];
    expect(times.length).toBeGreaterThan(0);
    for (const [, time] of times) expect(time).toContain(year);
  });
});

/** Shares a conversation with a picture. */
async function sharePicture() {
  await visitor.read("/");
  const form = new FormData();
  form.append("message", "Look");
  form.append("files", new Blob([new Uint8Array(png(40, 30))]), "dot.png");
  const answer = await fetch(`${web.address}/conversations`, {
    method: "POST",
    redirect: "manual",
    body: form,
    headers: { cookie: visitor.cookie, origin: web.address },
  });
  const page = answer.headers.get("location") ?? "";
  await replied(page, "You said: Look");
  const link = await share(page);
  const [, file = ""] =
    /href="(\/shared\/[^"]*\/files\/\w+)"/.exec(await read(link)) ?? [];
  return { page, link, file };
}

describe("files of a shared link", () => {
  it("are served by the link alone, so that nothing runs, and not kept", async () => {
    const { file } = await sharePicture();
    const answer = await open(file);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(png(40, 30));
  });

  it("are those of the shared messages, and no others", async () => {
    const { page, link, file } = await sharePicture();
    const id = file.split("/").at(-1);
    const conversation = page.split("/").at(-1);
    for (const path of [
      `${link}/messages/2/files/${id}`,
      `${link}/messages/3/files/${id}`,
      `${link}/messages/0/files/${id}`,
      `${link}/messages/x/files/${id}`,
      `${link}/messages/1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa`,
      `${link}/messages/1/files/..%2f..%2f${conversation}`,
      `/shared/aaaaaaaaaaaaaaaaaaaaaaaaaa/messages/1/files/${id}`,
      `${page}/files/${id}`,
    ]) {
      const { status } = await open(path);
      expect([path, status]).toEqual([path, 404]);
    }
    await revoke(page);
    expect((await open(file)).status).toBe(404);
  });
});

describe("the lists of links", () => {
  it("show the link's whole address under the name of the request, and revoke it", async () => {
    const page = await converse();
    const link = await share(page);
    const html = await visitor.read(`${page}/share`);
    expect(html).toContain(`>${web.address}${link}</a>`);
    const forged = { "x-forwarded-host": "evil.example" };
    const again = await (await visitor.get(`${page}/share`, forged)).text();
    expect(again).not.toContain("evil.example");
    const data = await visitor.read("/data");
    expect(data).toContain(link);
    const [, action = ""] = /action="(\/links\/\w+\/revoke)"/.exec(data) ?? [];
    const answer = await visitor.post(action, {});
    expect(answer.headers.get("location")).toBe("/data?revoked=yes");
    expect((await open(link)).status).toBe(404);
  });

  it("have one link after a form was sent twice", async () => {
    const page = await converse();
    const key = keyIn(await visitor.read(`${page}/share`)) ?? "";
    await visitor.post(`${page}/share`, { key });
    await visitor.post(`${page}/share`, { key });
    const html = await visitor.read(`${page}/share`);
    expect(html.match(/\/revoke"/g)).toHaveLength(1);
  });

  it("are in the download of all data", async () => {
    const link = await share(await converse());
    const data = JSON.parse(await visitor.read("/data/download"));
    expect(data.links).toMatchObject([{ href: link, messages: 2 }]);
  });

  it("let no other visitor share, list or revoke", async () => {
    const page = await converse();
    const link = await share(page);
    const html = await visitor.read(`${page}/share`);
    const [, action = ""] = /action="(\/links\/\w+\/revoke)"/.exec(html) ?? [];
    const intruder = stranger();
    await intruder.begin("Mine");
    expect((await intruder.get(`${page}/share`)).status).toBe(404);
    expect((await intruder.post(`${page}/share`, {})).status).toBe(404);
    await intruder.post(action, {});
    expect((await open(link)).status).toBe(200);
    expect(await intruder.read("/data")).not.toContain("/shared/");
  });
});

it("is in no log, and on no page but the lists of links", async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  await restartWeb({ log: createLog("trace", {}, { write }) });
  const page = await converse();
  const link = await share(page);
  await open(link);
  await open(`${link}/messages/1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa`);
  await open(link.replace("/shared/", "/Shared/"));
  for (const path of ["/", page, "/conversations", "/search?q=First"]) {
    expect(await visitor.read(path)).not.toContain("/shared/");
  }
  expect(lines.join("")).toContain("/shared/…");
  const token = link.split("/").at(-1) ?? "none";
  expect(lines.join("")).not.toContain(token);
});
