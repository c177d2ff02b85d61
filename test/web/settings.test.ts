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
