import { useWeb, visitor, web } from "../support/start-web";
import { limits } from "../../app/core/domain/records";

useWeb();

/** Begins conversations. @returns Their addresses. */
async function begin(...texts: string[]): Promise<string[]> {
  const addresses: string[] = [];
  for (const text of texts) addresses.push(await visitor.begin(text));
  return addresses;
}

const idOf = (address: string) => address.split("/").at(-1) ?? "";

const select = (addresses: string[], rest: Record<string, string> = {}) => ({
  ...Object.fromEntries(
    addresses.map((address) => [`c-${idOf(address)}`, "on"]),
  ),
  ...rest,
});

/** Does something with selected conversations. @returns The page that tells the result. */
async function run(
  action: string,
  addresses: string[],
  rest: Record<string, string> = { back: "/conversations" },
): Promise<string> {
  const form = select(addresses, rest);
  const answer = await visitor.post(`/conversations/selected/${action}`, form);
  expect(answer.status).toBe(303);
  return visitor.read(answer.headers.get("location") ?? "");
}

const main = (html: string) => html.slice(html.indexOf("<main"));
const sidebar = (html: string) => html.slice(0, html.indexOf("<main"));

/** The notice's sentence. */
const noticeIn = (html: string) =>
  /<span role="status">([^<]*)/.exec(html)?.[1];

/** Sends the form of the notice. */
async function undo(html: string): Promise<string> {
  const [, action = ""] =
    /class="undo notice" method="post" action="([^"]*)"/.exec(html) ?? [];
  const fields = [...html.matchAll(/name="(ids|back)" value="([^"]*)"/g)];
  const form = Object.fromEntries(
    fields.map(([, name = "", value = ""]) => [name, value]),
  );
  const answer = await visitor.post(action, form);
  return visitor.read(answer.headers.get("location") ?? "");
}

describe("a pinned conversation", () => {
  it("is in the first group of the sidebar, and only there", async () => {
    const [first = ""] = await begin("the first", "the second");
    await visitor.post(`${first}/pin`, {});
    const side = sidebar(await visitor.read("/"));
    expect(side.indexOf("<h2>Pinned</h2>")).toBeLessThan(
      side.indexOf("the first"),
    );
    expect(side.indexOf("the first")).toBeLessThan(side.indexOf("the second"));
    expect(side.match(new RegExp(`href="${first}"`, "g"))).toHaveLength(1);
    expect(await visitor.read(first)).toContain(`${first}/unpin`);
    await visitor.post(`${first}/unpin`, {});
    expect(await visitor.read("/")).not.toContain("Pinned");
  });
});

describe("an archived conversation", () => {
  it("leaves the sidebar and the list, and is in the archive", async () => {
    const [first = ""] = await begin("the first", "the second");
    await visitor.post(`${first}/archive`, {});
    expect(await visitor.read("/conversations")).not.toContain("the first");
    const archive = await visitor.read("/archive");
    expect(main(archive)).toContain("the first");
    expect(main(archive)).not.toContain("the second");
    const page = await visitor.read(first);
    expect(page).toContain("This conversation is archived.");
    await visitor.post(`${first}/unarchive`, {});
    expect(await visitor.read("/conversations")).toContain("the first");
  });

  it("comes back with a new message", async () => {
    const [first = ""] = await begin("the first");
    await visitor.post(`${first}/archive`, {});
    await visitor.read(first);
    await visitor.post(`${first}/messages`, { message: "more" });
    expect(main(await visitor.read("/conversations"))).toContain("the first");
    expect(await visitor.read(first)).not.toContain("is archived");
  });

  it("is in the download of all data, once", async () => {
    const [first = ""] = await begin("the first", "the second");
    await visitor.post(`${first}/archive`, {});
    const all = JSON.parse(await visitor.read("/data/download")) as {
      conversations: { id: string }[];
    };
    expect(all.conversations.map(({ id }) => id)).toContain(idOf(first));
    expect(all.conversations).toHaveLength(2);
  });
});

describe("the bin", () => {
  it("says when each was deleted and until when it can be restored, in UTC without a script", async () => {
    const [first = ""] = await begin("the first");
    await visitor.post(`${first}/delete`, {});
    const bin = main(await visitor.read("/bin"));
    expect(bin).toContain("the first");
    expect(bin).toMatch(
      /Deleted: <time datetime="[^"]+">[^<]* \(UTC\)<\/time>/,
    );
    expect(bin).toMatch(/until: <time datetime="[^"]+">[^<]* \(UTC\)<\/time>/);
  });

  it("is where the page of a deleted conversation leads to", async () => {
    const [first = ""] = await begin("the first");
    await visitor.post(`${first}/delete`, {});
    const answer = await visitor.get(first);
    const page = main(await answer.text());
    expect(answer.status).toBe(404);
    expect(page).toContain("This conversation is in the bin.");
    expect(page).toContain('href="/bin"');
    const restored = await visitor.post(`${first}/restore`, {});
    expect(restored.headers.get("location")).toBe(first);
    expect((await visitor.get(first)).status).toBe(200);
  });

  it("of another visitor shows nothing", async () => {
    const [first = ""] = await begin("the first");
    await visitor.post(`${first}/delete`, {});
    visitor.cookies.clear();
    const answer = await visitor.get(first);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain("in the bin");
    expect(await visitor.read("/bin")).not.toContain("the first");
  });

  it("is emptied permanently", async () => {
    const addresses = await begin("the first", "the second");
    await run("delete", addresses);
    const answer = await visitor.post("/bin/empty", {});
    const bin = await visitor.read(answer.headers.get("location") ?? "");
    expect(noticeIn(bin)).toBe("2 conversations deleted permanently.");
    expect(bin).toContain("The bin is empty.");
    expect(bin).not.toContain(">Undo<");
    for (const address of addresses) {
      expect((await visitor.post(`${address}/restore`, {})).status).toBe(404);
      expect(await visitor.read(address)).not.toContain("in the bin");
    }
  });
});

describe("several conversations", () => {
  it("are deleted at once, and restored by Undo", async () => {
    const addresses = await begin("one", "two", "three");
    const page = await run("delete", addresses.slice(0, 2));
    expect(noticeIn(page)).toBe("2 conversations deleted.");
    expect(main(page)).toContain("three");
    const after = await undo(page);
    expect(noticeIn(after)).toBe("2 conversations restored.");
    for (const address of addresses) expect(after).toContain(address);
  });

  it("are pinned, archived and moved, each taken back by its Undo", async () => {
    const addresses = await begin("one", "two");
    const pinned = await run("pin", addresses);
    expect(sidebar(pinned)).toContain("<h2>Pinned</h2>");
    expect(await undo(pinned)).not.toContain("<h2>Pinned</h2>");
    const archived = await run("archive", addresses);
    expect(archived).toContain("No conversations yet.");
    expect(main(await undo(archived))).toContain("one");
    const made = await visitor.post("/projects", { name: "Letters" });
    const project = made.headers.get("location") ?? "";
    const moved = await run("move", addresses, {
      back: project,
      project: idOf(project),
    });
    expect(noticeIn(moved)).toBe("2 conversations moved.");
    expect(main(moved)).toContain("one");
    expect(main(moved)).toContain("two");
  });

  it("are changed although one fails, which is told", async () => {
    const all: string[] = [];
    for (let made = 0; made <= limits.pinnedConversations; made++) {
      all.push(await visitor.begin(`number ${made}`));
      await visitor.read(all.at(-1) ?? "");
    }
    const page = await run("pin", all);
    expect(noticeIn(page)).toBe(
      "20 conversations pinned. 1 conversation was not: You have pinned 20 conversations, and no more can be pinned. Unpin one first.",
    );
  });

  it("are changed once if the form is sent twice", async () => {
    const addresses = await begin("one", "two");
    for (let times = 0; times < 2; times++) {
      const page = await run("delete", addresses);
      expect(noticeIn(page)).toBe("2 conversations deleted.");
    }
    for (let times = 0; times < 2; times++) {
      const page = await run("purge", addresses, { back: "/bin" });
      expect(noticeIn(page)).toBe("2 conversations deleted permanently.");
    }
  });

  it("are not those of another visitor", async () => {
    const addresses = await begin("one");
    const cookies = [...visitor.cookies];
    visitor.cookies.clear();
    await visitor.begin("mine");
    const page = await run("delete", addresses);
    expect(noticeIn(page)).toBe(
      "0 conversations deleted. 1 conversation was not: This conversation does not exist, or it is not yours.",
    );
    visitor.cookies.clear();
    for (const [name, value] of cookies) visitor.cookies.set(name, value);
    expect((await visitor.get(addresses[0] ?? "")).status).toBe(200);
  });

  it.each([
    ["an unknown action", "burn", select(["/a".padEnd(28, "b")]), 404],
    ["nothing selected", "delete", {}, 400],
    ["what is no id", "delete", { "c-../../x": "on", ids: "a,b" }, 400],
  ])("are refused with %s", async (_, action, form, status) => {
    await begin("one");
    const path = `/conversations/selected/${action}`;
    expect((await visitor.post(path, form)).status).toBe(status);
  });

  it("are at most as many as a page has", async () => {
    await begin("one");
    const ids = Array.from({ length: limits.selection + 1 }, (_, index) =>
      "a"
        .repeat(24)
        .concat(
          "abcdefghijklmnopqrst"[Math.floor(index / 20)] ?? "a",
          "abcdefghijklmnopqrst"[index % 20] ?? "a",
        ),
    );
    const answer = await visitor.post("/conversations/selected/delete", {
      ids: ids.join(),
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("At most 200 conversations");
  });

  it("lead back to a list of ours alone", async () => {
    const addresses = await begin("one");
    const form = select(addresses, { back: "//example.org/" });
    const answer = await visitor.post("/conversations/selected/pin", form);
    expect(answer.headers.get("location")).toMatch(/^\/conversations\?done=/);
  });

  it("are told to be changed only where they were", async () => {
    const addresses = await begin("one");
    await run("delete", addresses);
    for (const query of ["?done=", "?done=made-up", "?done[]=x"]) {
      const page = await visitor.read(`/conversations${query}`);
      expect(noticeIn(page)).toBeUndefined();
    }
  });

  it("are reported as unchanged while no backend answers", async () => {
    const addresses = await begin("one", "two");
    web.api.fault = new Error("gone");
    const form = select(addresses);
    const answer = await visitor.post("/conversations/selected/delete", form);
    web.api.fault = undefined;
    const page = await visitor.read(answer.headers.get("location") ?? "");
    expect(noticeIn(page)).toContain(
      "0 conversations deleted. 2 conversations were not:",
    );
    expect(main(page)).toContain("one");
  });
});
