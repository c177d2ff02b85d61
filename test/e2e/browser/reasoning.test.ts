import {
  articles,
  ask,
  log,
  open,
  page,
  say,
  useBrowser,
  web,
} from "../../support/chat-page";
import type { Step } from "../../support/scripted-stream";
import { scriptReply } from "../../support/start-web";
import { expectEventually } from "../../support/wait-for";

useBrowser();

const steps: Step[] = [
  { kind: "reasoning", text: "Two roads." },
  { kind: "reasoning", text: " One is short." },
  "Take the short one.",
  " It is dry.",
];

const reasoning = () => page.locator("article .reasoning");
const summary = () => reasoning().locator("summary");

const expectReasoning = (text: string, isOpen: boolean) =>
  expectEventually(async () => {
    expect(await reasoning().locator(".thoughts").textContent()).toBe(text);
    expect(await reasoning().getAttribute("open")).toBe(isOpen ? "" : null);
  });

it("is shown while it streams, and folded when the answer begins", async () => {
  await open();
  const reply = await ask("Which road?", steps);
  reply.next();
  await expectReasoning("Two roads.", true);
  expect(await summary().textContent()).toBe("Thinking…");
  await page.reload();
  await expectReasoning("Two roads.", true);
  reply.next();
  await expectReasoning("Two roads. One is short.", true);
  reply.next();
  await expectReasoning("Two roads. One is short.", false);
  expect(await summary().textContent()).toMatch(/^Thought for \d+ s$/);
  reply.next();
  await page.locator(".writing").waitFor({ state: "detached" });
  await page.reload();
  await expectReasoning("Two roads. One is short.", false);
  expect(await summary().textContent()).toMatch(/^Thought for \d+ s$/);
});

it("stays open for a reader who opened it again", async () => {
  await open();
  const reply = await ask("Which road?", steps);
  reply.next(3);
  await expectReasoning("Two roads. One is short.", false);
  await summary().click();
  reply.next();
  await page.locator(".writing").waitFor({ state: "detached" });
  await expectReasoning("Two roads. One is short.", true);
});

it("opens downwards: its line stays where it was", async () => {
  const thought = "A thought that fills a line.\n".repeat(120);
  web.api.script = () => [{ kind: "reasoning", text: thought }, "Yes."];
  await open();
  await say("Long?");
  const before = await summary().boundingBox();
  await summary().click();
  await reasoning().locator(".thoughts").waitFor();
  const after = await summary().boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
  expect(await log().evaluate((it) => it.scrollTop)).toBeLessThan(-500);
});

it("is shown without JavaScript as it streams, and folds above the answer", async () => {
  await open({ javaScriptEnabled: false });
  // The page's load ends with the reply.
  await page.getByRole("textbox", { name: "Message" }).fill("Which road?");
  const reply = await scriptAndSend();
  reply.next();
  const shown = articles().last();
  await shown.getByText("Two roads.").waitFor();
  expect(await shown.getByText("Thinking…").isVisible()).toBe(true);
  reply.next(2);
  await shown.getByText("Take the short one.").waitFor();
  expect(await shown.getByText("Thinking…").isVisible()).toBe(false);
  expect(await shown.getByText("Two roads.").last().isVisible()).toBe(false);
  await shown.getByText(/^Thought for/).click();
  expect(await shown.getByText("One is short.").last().isVisible()).toBe(true);
  reply.next();
});

async function scriptAndSend() {
  const reply = scriptReply(steps);
  await page.getByRole("button", { name: "Send" }).click({ noWaitAfter: true });
  return reply;
}
