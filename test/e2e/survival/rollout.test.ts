import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { answer } from "../../../app/backend/models/eliza/converse";
import { newPage, startBrowser } from "../../support/start-browser";
import { expectEventually } from "../../support/wait-for";
import { Cluster } from "../../../scripts/stress/replies/cluster";
import {
  faultsOf,
  SurvivingVisitor,
} from "../../../scripts/stress/replies/surviving-visitor";

let directory: string;
let cluster: Cluster;
let browser: Browser;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "rollout-"));
  browser = await startBrowser();
  cluster = await Cluster.start({
    webs: 2,
    backends: 3,
    dataDirectories: [path.join(directory, "records")],
    sessionDirectories: [path.join(directory, "sessions")],
    secretsDirectory: path.join(directory, "secrets"),
    env: {
      DRAIN_SECONDS: "6",
      LEASE_SECONDS: "2",
      ELIZA_DELAY_MS: "60",
      STORAGE_TIMEOUT_SECONDS: "60",
    },
  });
});

afterAll(async () => {
  await browser.close();
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

const PROMPT = "write 800 words, please";

/** Records every fault that becomes visible in the page. */
async function watchForFaults(page: Page): Promise<() => Promise<string[]>> {
  const seen: string[] = [];
  page.on("pageerror", (error) => seen.push(`script: ${error.message}`));
  page.on("response", (response) => {
    const status = response.status();
    if (status >= 400) seen.push(`${status} ${response.url()}`);
  });
  await page.evaluate(() => {
    const faults: string[] = [];
    const look = () => {
      const connection = document.getElementById("connection");
      if (connection && !connection.hidden) faults.push("connection lost");
      if (document.querySelector(".problem")) faults.push("a problem");
    };
    const observer = new MutationObserver(look);
    const all = { subtree: true, childList: true, attributes: true };
    observer.observe(document.body, all);
    Object.assign(window, { faults });
  });
  return async () => {
    const faults = await page.evaluate(() => Reflect.get(window, "faults"));
    return [...seen, ...(faults as string[])];
  };
}

/** Terminates and replaces the processes, each in turn. */
async function rollOut(): Promise<(number | string | null)[]> {
  for (const member of cluster.members) {
    member.kill("SIGTERM");
    await member.exited();
    member.start();
    await member.whenReady();
    cluster.balance();
  }
  return cluster.members.flatMap(({ exits }) => exits);
}

const words = (of: string) => of.split(/\s+/).join(" ").trim();

it("no request fails, no character is lost and no error shows while every process is replaced under load", async () => {
  const visitors = Array.from(
    { length: 4 },
    (_, index) =>
      new SurvivingVisitor(cluster.front.url, `Visitor ${index}`, 60_000),
  );
  const page = await newPage(browser);
  await page.goto(cluster.front.url);
  await page.getByRole("textbox", { name: "Message" }).fill(PROMPT);
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("article.from-model").waitFor();
  const faultsSeen = await watchForFaults(page);

  let isOver = false;
  const talking = visitors.map((visitor) => visitor.talk(() => isOver, 40));
  const ends = await rollOut();
  isOver = true;
  await Promise.all(talking);

  expect(ends).toEqual([0, 0, 0, 0, 0]);
  for (const visitor of visitors) {
    expect(Object.fromEntries(visitor.retries)).toEqual({});
    expect(await faultsOf(visitor)).toEqual([]);
  }
  // A long reply outlasts the rollout on a fast machine too.
  const ended = page.locator("article.from-model:not(.writing)");
  await ended.waitFor();
  await expectEventually(async () => {
    const text = await page.locator("article.from-model .text").innerText();
    expect(words(text)).toBe(words(answer([PROMPT])));
  });
  expect(await faultsSeen()).toEqual([]);
});
