/// <reference lib="dom" />
import {
  heading,
  message,
  open,
  page,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { expectEventually } from "../../support/wait-for";

useBrowser();

const saved = () =>
  page.getByRole("region", { name: "Notice" }).getByText("Saved.");

async function createProject(name: string): Promise<void> {
  await page.goto(`${web.address}/projects`);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create project" }).click();
  await heading(name).waitFor();
}

it("saves an option of a conversation when it changes, and says so", async () => {
  await open();
  await say("hello");
  await page.getByLabel("Conversation options").click();
  const temperature = page.getByLabel(/^Temperature/);
  await expectHidden(page.getByRole("button", { name: "Save", exact: true }));
  // Typed: in Firefox, a text that is inserted at once counts as no change of the visitor.
  await temperature.pressSequentially("0.5");
  await page.getByLabel("Max tokens").focus();
  await expectShown(saved());
  await expectHidden(saved());
  await page.getByLabel("Title").fill("a better title");
  await page.keyboard.press("Enter");
  await expectShown(heading("a better title"));
  await expectShown(saved());
  // The panel stays open for the next change.
  await expectShown(temperature);
  await page.reload();
  await page.getByLabel("Conversation options").click();
  expect(await temperature.inputValue()).toBe("0.5");
});

it("sends no option that the browser finds invalid", async () => {
  await open();
  await say("hello");
  await page.getByLabel("Conversation options").click();
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.method()));
  await page.getByLabel(/^Temperature/).fill("7");
  await page.getByLabel("Title").fill("a better title");
  await page.keyboard.press("Enter");
  await expectShown(heading("a better title"));
  expect(sent.filter((method) => method === "POST")).toHaveLength(1);
});

it("names the project of a conversation above it, as a link", async () => {
  await open();
  await createProject("Letters");
  await say("hello");
  await expectShown(heading("hello"));
  const crumb = page.getByRole("main").getByRole("link", { name: "Letters" });
  await crumb.click();
  await expectShown(heading("Letters"));
  const rows = page.getByRole("main").getByRole("list");
  await expectShown(rows.getByRole("link", { name: "hello" }));
});

it("shows a project in tabs, and says that its instructions are saved", async () => {
  await open();
  await createProject("Letters");
  await message().fill("a draft");
  const tabs = page.getByRole("navigation", { name: "Project", exact: true });
  await tabs.getByRole("link", { name: "Instructions" }).click();
  const instructions = page.getByRole("textbox", { name: "Instructions" });
  await instructions.fill("Be brief.");
  await page.getByRole("button", { name: "Save" }).click();
  await expectShown(saved());
  await tabs.getByRole("link", { name: "Usage" }).click();
  await expectShown(page.getByText("No usage yet."));
  await tabs.getByRole("link", { name: "Instructions" }).click();
  expect(await instructions.inputValue()).toBe("Be brief.");
  await tabs.getByRole("link", { name: "Conversations" }).click();
  await expectEventually(async () =>
    expect(await message().inputValue()).toBe("a draft"),
  );
});

it("saves options and instructions by buttons without a script, and says so", async () => {
  await open({ javaScriptEnabled: false });
  await createProject("Letters");
  await page.getByRole("link", { name: "Instructions" }).click();
  await page.getByLabel("Instructions", { exact: true }).fill("Be brief.");
  await page.getByRole("button", { name: "Save" }).click();
  await expectShown(page.getByText("Saved."));
  await page.goto(web.address);
  await message().fill("hello");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByLabel("Conversation options").click();
  await page.getByLabel(/^Temperature/).fill("0.5");
  await page.getByRole("button", { name: "Save" }).click();
  await expectShown(page.getByText("Saved."));
});

it("keeps the lists beside a page that does not exist", async () => {
  await open();
  await say("hello");
  const list = page.getByRole("navigation", { name: "Conversations" });
  for (const path of ["/nothing", `/conversations/${"a".repeat(26)}`]) {
    await page.goto(web.address + path);
    await expectShown(heading("Not found"));
    await expectShown(list.getByRole("link", { name: "hello" }));
  }
});

it("keeps the place in the list of conversations on the next page", async () => {
  await open({ viewport: { width: 1000, height: 420 } });
  for (let number = 1; number <= 12; number++) {
    await page.goto(web.address);
    await say(`conversation ${number}`);
  }
  const lists = page.locator(".lists");
  const oldest = page.getByRole("link", {
    name: "conversation 1",
    exact: true,
  });
  await oldest.scrollIntoViewIfNeeded();
  const before = await lists.evaluate((it) => it.scrollTop);
  expect(before).toBeGreaterThan(50);
  await oldest.click();
  await expectShown(heading("conversation 1"));
  await expectEventually(async () =>
    expect(await lists.evaluate((it) => it.scrollTop)).toBe(before),
  );
});

it("says once, beside the newest reply, that older messages were left out", async () => {
  await open();
  web.api.script = () => ["Yes."];
  for (const word of ["alpha ", "beta ", "gamma ", "delta "]) {
    await say(word.repeat(400));
  }
  await page.reload();
  const notices = page.getByText("messages were left out");
  expect(await notices.count()).toBeGreaterThan(1);
  const shown = await notices.filter({ visible: true }).count();
  expect(shown).toBe(1);
  await expectShown(
    page.getByRole("article").last().getByText("messages were left out"),
  );
});

it("says the bounds of the model, and what another model gets of the options", async () => {
  web.api.models = web.api.models.map((model, index) => ({
    ...model,
    maxTemperature: 2 - index,
  }));
  await open();
  await say("hello");
  await page.getByLabel("Conversation options").click();
  const temperature = page.getByLabel(/^Temperature/);
  await expectShown(page.getByText("0 to 2 for Model one"));
  await expectShown(page.getByText("1 to 100 for Model one"));
  // Typed: see above.
  await temperature.pressSequentially("1.5");
  const instructions = page.getByRole("textbox", { name: "Instructions" });
  await instructions.pressSequentially("Be brief.");
  await page.getByLabel("Max tokens").focus();
  await expectShown(saved());
  await page.keyboard.press("Escape");
  await page
    .getByRole("combobox", { name: "Model" })
    .selectOption({ label: "Model two" });
  await expectShown(
    page.getByText(
      "Model two takes a temperature of up to 1, and gets that instead of 1.5.",
    ),
  );
  await page.reload();
  await page.getByLabel("Conversation options").click();
  expect(await temperature.inputValue()).toBe("1.5");
  await expectShown(page.getByText("0 to 1 for Model two"));
  expect(
    await page.getByRole("textbox", { name: "Instructions" }).inputValue(),
  ).toBe("Be brief.");
});
