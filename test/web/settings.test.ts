import { VisibleError } from "../../app/core/domain/errors";
import { HttpVisitor } from "../support/http-visitor";
import { restartWeb, useWeb, visitor, web } from "../support/start-web";

useWeb();

const selected = (html: string, name: string) =>
  new RegExp(
    `<select name="${name}"[^]*?<option value="([^"]*)" selected>`,
  ).exec(html)?.[1];

const save = (fields: Record<string, string>) =>
  visitor.post("/settings", { theme: "", enter: "", model: "", ...fields });

it("saves the theme and the Enter key, and says so", async () => {
  await save({ theme: "dark", enter: "newline" });
  const html = await visitor.read("/settings?saved=yes");
  expect(html).toContain("Saved.");
  expect(selected(html, "theme")).toBe("dark");
  expect(selected(html, "enter")).toBe("newline");
  const first = await visitor.read("/");
  expect(first).toContain('<body class="dark">');
  expect(first).toContain('data-enter="newline"');
  expect(first).toContain("Ctrl+Enter to send");
});

it("returns to the system's theme", async () => {
  await save({ theme: "dark" });
  await save({});
  expect(await visitor.read("/")).toContain("<body>");
});

it.each(["blue", '"><script>', "dark light"])(
  "takes the theme %p for none",
  async (theme) => {
    await save({ theme });
    expect(await visitor.read("/")).toContain("<body>");
  },
);

it("uses the theme for pages without a backend, and for error pages", async () => {
  await save({ theme: "light" });
  web.api.fault = new Error("no backend");
  expect(await visitor.read("/settings")).toContain('<body class="light">');
  const answer = await visitor.get("/nowhere");
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('<body class="light">');
});

it("saves the theme while no backend answers", async () => {
  await visitor.read("/settings");
  web.api.fault = new Error("no backend");
  const answer = await visitor.post("/settings", { theme: "dark" });
  expect(answer.status).toBe(303);
  expect(await visitor.read("/settings")).toContain('<body class="dark">');
});

const pickedModel = (html: string) =>
  /<option [^>]*value="([^"]*)" selected/.exec(
    html.slice(html.indexOf('class="picker"')),
  )?.[1];

it("starts conversations with the default model, whichever was used last", async () => {
  await save({ model: "eliza/two" });
  await visitor.post("/conversations", {
    message: "hi",
    key: "1",
    model: "eliza/one",
  });
  const html = await visitor.read("/");
  expect(pickedModel(html)).toBe("eliza/two");
  expect(html).toContain('data-save=""');
});

it("starts conversations with the model used last by default", async () => {
  await save({ model: "eliza/two" });
  await save({});
  await visitor.post("/session/model", { model: "eliza/two" });
  expect(pickedModel(await visitor.read("/"))).toBe("eliza/two");
});

/** Sends a suggestion. @returns The model of its conversation. */
async function begin(key: string) {
  const answer = await visitor.post("/conversations", { message: "hi", key });
  const page = await visitor.read(answer.headers.get("location") ?? "");
  return pickedModel(page);
}

it("sends a suggestion to the default model, and to the first one if that is withdrawn", async () => {
  await save({ model: "eliza/two" });
  expect(await begin("1")).toBe("eliza/two");
  web.api.models = web.api.models.filter(({ id }) => id !== "eliza/two");
  expect(await begin("2")).toBe("eliza/one");
});

it("refuses a default model that does not exist", async () => {
  const answer = await save({ model: "eliza/none" });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain("This model is not available.");
});

it("keeps the default model when another person signs in", async () => {
  const people = ["ada", "ada", "bob", "bob"];
  await restartWeb({
    identity: {
      personOf: () =>
        Promise.resolve({ owner: people.shift() ?? "bob", name: undefined }),
    },
  });
  await save({ model: "eliza/two" });
  await visitor.read("/");
  expect(pickedModel(await visitor.read("/"))).toBe("eliza/two");
});

const instruct = (instructions: string) =>
  visitor.post("/settings/instructions", { instructions });
const savePrompt = (name: string, text: string, key = name) =>
  visitor.post("/settings/prompts", { name, text, key });
const listed = async () =>
  (await (await visitor.get("/settings/prompts")).json()) as {
    id: string;
    name: string;
    text: string;
  }[];

describe("the owner's settings", () => {
  it("keeps the instructions for every conversation", async () => {
    const answer = await instruct("Answer in <rhymes>.");
    expect(answer.headers.get("location")).toBe("/settings?saved=yes");
    expect(await visitor.read("/settings")).toContain(
      "Answer in &lt;rhymes&gt;.",
    );
  });

  it("saves, changes and deletes prompts", async () => {
    await savePrompt("Translate", "To French:");
    await savePrompt("Translate", "To French:");
    const [prompt] = await listed();
    expect(await listed()).toEqual([
      { id: expect.any(String), name: "Translate", text: "To French:" },
    ]);
    const address = `/settings/prompts/${prompt?.id}`;
    await visitor.post(address, { name: "Translate", text: "To Greek:" });
    expect(await listed()).toMatchObject([{ text: "To Greek:" }]);
    await visitor.post(`${address}/delete`, {});
    expect(await listed()).toEqual([]);
  });

  it.each([
    ["", "text", 400],
    ["name", " \u200b", 400],
    ["n".repeat(101), "text", 400],
    ["name", "x".repeat(16 * 1024 + 1), 413],
  ])("refuses a prompt named %.5p with the text %.5p", async (...given) => {
    const [name, text, status] = given;
    const answer = await savePrompt(name, text);
    expect(answer.status).toBe(status);
    expect(await listed()).toEqual([]);
  });

  it("takes instructions of 16 KB in any script, and refuses longer ones with a sentence", async () => {
    const most = "é".repeat(8 * 1024);
    expect((await instruct(most)).status).toBe(303);
    const answer = await instruct(`${most}é`);
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain("Instructions are limited to 16 KB.");
  });

  it("fills the message box by links, without a script", async () => {
    await savePrompt("Translate", "To French: <b>");
    const home = await visitor.read("/");
    expect(home).toContain('href="?prompts=yes"');
    const list = await visitor.read("/?prompts=yes");
    const link = /href="(\?prompt=[a-z2-7]{26})#message"/.exec(list)?.[1];
    expect(await visitor.read(`/${link}`)).toContain(
      "\nTo French: &lt;b&gt;</textarea>",
    );
    const conversation = await visitor.begin("hi");
    expect(await visitor.read(`${conversation}${link}`)).toContain(
      "\nTo French: &lt;b&gt;</textarea>",
    );
    expect(await visitor.read(`/?prompt=${"a".repeat(26)}`)).toContain(
      "Translate",
    );
  });

  it("says why they can't be shown, and shows the rest of the page", async () => {
    const { api } = web;
    await visitor.read("/settings");
    api.fault = new VisibleError(503, "No backend answers.");
    const html = await visitor.read("/settings");
    expect(html).toContain("No backend answers.");
    expect(html).toContain('<select name="theme"');
    expect(await visitor.read("/?prompts=yes")).toContain(
      "No backend answers.",
    );
  });

  it("are part of the download of all data, and deleted with them", async () => {
    await instruct("Be brief.");
    await savePrompt("Translate", "To French:");
    const exported = JSON.parse(await visitor.read("/data/download")) as object;
    expect(exported).toMatchObject({
      settings: {
        instructions: "Be brief.",
        savedPrompts: [{ name: "Translate", text: "To French:" }],
      },
    });
  });

  it("belong to one visitor", async () => {
    await savePrompt("Translate", "To French:");
    const [prompt] = await listed();
    const other = new HttpVisitor(web.address);
    await other.read("/");
    expect(await (await other.get("/settings/prompts")).json()).toEqual([]);
    const address = `/settings/prompts/${prompt?.id}`;
    const answer = await other.post(address, { name: "a", text: "b" });
    expect(answer.status).toBe(404);
    await other.post(`${address}/delete`, {});
    expect(await listed()).toHaveLength(1);
  });
});
