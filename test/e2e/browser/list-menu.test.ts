import {
  articles,
  heading,
  isFocused,
  message,
  open,
  page,
  say,
  useBrowser,
  violations,
  web,
} from "../../support/chat-page";
import { expectHidden, expectShown } from "../../support/start-browser";
import { waitFor } from "../../support/wait-for";

useBrowser();

const list = () => page.getByRole("navigation", { name: "Conversations" });
const menuOf = (title: string) =>
  list().getByRole("button", { name: `Actions for ${title}` });
const item = (name: string) =>
  page
    .getByRole("link", { name })
    .or(page.getByRole("button", { name, exact: true }))
    .filter({ visible: true });

/** Two conversations, of which the second is on display. */
async function begin(): Promise<void> {
  await say("the first");
  await page.goto(web.address);
  await say("the second");
}

it("renames another conversation in a dialog, and stays on the page", async () => {
  await open({ bypassCSP: true });
  await begin();
  await message().fill("a draft");
  await menuOf("the first").click();
  await item("Rename…").waitFor();
  expect(await violations()).toEqual([]);
  await item("Rename…").click();
  const dialog = page.getByRole("dialog", { name: "Rename" });
  const title = dialog.getByRole("textbox", { name: "Title" });
  await waitFor(() => isFocused(title));
  expect(await violations()).toEqual([]);
  await title.fill("a better title");
  await title.press("Enter");
  await expectShown(list().getByRole("link", { name: "a better title" }));
  await expectShown(page.getByRole("region", { name: "Notice" }));
  await expectHidden(dialog);
  await expectShown(heading("the second"));
  expect(await message().inputValue()).toBe("a draft");
});

it("says in the dialog why a title is refused, and closes with Cancel", async () => {
  await open();
  await begin();
  await menuOf("the first").click();
  await item("Rename…").click();
  const dialog = page.getByRole("dialog", { name: "Rename" });
  await dialog.getByRole("textbox", { name: "Title" }).fill("   ");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await expectShown(dialog.getByText("A title must have 1 to 200 characters"));
  await dialog.getByRole("link", { name: "Cancel" }).click();
  await expectHidden(dialog);
  await expectShown(list().getByRole("link", { name: "the first" }));
});

it("moves another conversation to a project", async () => {
  await open();
  await page.goto(`${web.address}/projects`);
  await page.getByLabel("Name").fill("Letters");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.goto(web.address);
  await begin();
  await menuOf("the first").click();
  await item("Move to project…").click();
  const dialog = page.getByRole("dialog", { name: "Move to project" });
  await dialog.getByLabel("Project").selectOption("Letters");
  await dialog.getByRole("button", { name: "Move" }).click();
  await expectHidden(dialog);
  await expectShown(heading("the second"));
  await list().getByRole("link", { name: "the first" }).click();
  await expectShown(page.locator(".crumb").getByText("Letters"));
});

it("deletes another conversation by keyboard alone, and offers Undo where one is", async () => {
  await open();
  await begin();
  await menuOf("the first").focus();
  await page.keyboard.press("Enter");
  await item("Rename…").waitFor();
  await page.keyboard.press("Escape");
  await expectHidden(item("Rename…"));
  await waitFor(() => isFocused(menuOf("the first")));
  await page.keyboard.press("Enter");
  // To the last of the menu, wherever that is.
  for (let presses = 0; presses < 12; presses++) {
    if (await isFocused(item("Delete"))) break;
    await page.keyboard.press("Tab");
  }
  await waitFor(() => isFocused(item("Delete")));
  await page.keyboard.press("Enter");
  await expectShown(page.getByText("Conversation deleted.").last());
  await expectHidden(menuOf("the first"));
  await expectShown(heading("the second"));
  await waitFor(() => isFocused(message()));
  await page.getByRole("button", { name: "Undo" }).click();
  await expectShown(heading("the first"));
  expect(await articles().count()).toBe(2);
});

it("leaves the page of a conversation that it deletes", async () => {
  await open();
  await begin();
  await menuOf("the second").click();
  await item("Delete").click();
  await expectShown(heading("What can I help with?"));
  await page.getByRole("button", { name: "Undo" }).click();
  await expectShown(heading("the second"));
});

it("works without a script", async () => {
  await open({ javaScriptEnabled: false });
  for (const text of ["the first", "the second"]) {
    await page.goto(web.address);
    await message().fill(text);
    await page.getByRole("button", { name: "Send" }).click();
    await expectShown(articles().nth(1));
  }
  await menuOf("the first").click();
  await item("Rename…").click();
  await page.getByRole("textbox", { name: "Title" }).fill("a better title");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await expectShown(heading("a better title"));
  await expectShown(page.getByText("Saved."));
  await menuOf("the second").click();
  await item("Delete").click();
  await expectShown(page.getByText("Conversation deleted."));
  await expectHidden(menuOf("the second"));
});
