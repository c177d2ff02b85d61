import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { type Browser, chromium, type Page } from "playwright-core";

/*
 * Takes a screenshot of every page and state, at each width and in each colour scheme, of a Keepsake
 * that it runs with a model of its own: what the last prompt asks for decides about the reply.
 */

const [folder = "screenshots"] = process.argv.slice(2);
const widths = (process.env.WIDTHS ?? "360,768,1440").split(",").map(Number);
const schemes = ["light", "dark"] as const;

const RICH = `## A week in Lisbon

A good week has **three quiet days** in it. Stay in *Graça* or *Campo de Ourique*, and let the trams and the river trains do the work.

| Day | Morning | Late afternoon | Walk |
| --- | --- | --- | ---: |
| 1 | Alfama on foot, up before nine | Miradouro da Senhora do Monte | 6 km |
| 2 | National Tile Museum | Ferry to Cacilhas, along the water | 3 km |
| 3 | Belém by train | LX Factory, a long dinner | 7 km |

1. Buy a Viva Viagem card.
2. Take the train from Cais do Sodré.
   - Carcavelos for sand
   - Cascais for the old town

> The last train back leaves at half past one.

\`\`\`python
def walk(days, limit_km=8):
    """Yields each day's walk, never longer than the limit."""
    for day in range(1, days + 1):
        yield day, min(limit_km, 3 + day)  # a comment
\`\`\`

Use \`walk(7)\` for the whole week. See [the map](https://example.com/map) for more.`;

const LONG = Array.from(
  { length: 60 },
  (_, i) => `Paragraph ${i + 1} of a long answer, which fills a line or two.`,
).join("\n\n");

/** A server with the API of OpenAI's chat completions. */
async function startModel(): Promise<Server> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      if (request.method === "GET") {
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ data: [{ id: "atlas-large" }] }));
      } else answer(body, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function answer(body: string, response: ServerResponse): void {
  const { messages } = JSON.parse(body) as { messages: { content: string }[] };
  const prompt = messages.at(-1)?.content ?? "";
  if (prompt.includes("fail")) {
    response.writeHead(500).end("{}");
    return;
  }
  response.setHeader("content-type", "text/event-stream");
  const send = (delta: object, finish: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`,
    );
  if (prompt.includes("think")) {
    send({ reasoning_content: "Seven days, no car. Keep the walks short." });
  }
  send({ content: prompt.includes("long") ? LONG : RICH });
  // It goes on until it is stopped.
  if (prompt.includes("slow")) return;
  send({}, "stop");
  response.end("data: [DONE]\n\n");
}

/** @returns its address, and a function that ends it. */
async function startKeepsake(model: Server) {
  const directory = await mkdtemp(path.join(tmpdir(), "keepsake-screenshots-"));
  const { port } = model.address() as AddressInfo;
  const child = spawn(process.execPath, ["build/scripts/local/run-both.js"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      PORT: "0",
      METRICS_PORT: "0",
      LOG_LEVEL: "error",
      DATA_DIRECTORY: path.join(directory, "records"),
      SESSION_DIRECTORY: path.join(directory, "sessions"),
      SECRETS_DIRECTORY: path.join(directory, "secrets"),
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      OPENAI_API_KEY: "screenshots",
      MODEL_PROVIDER: "openai,eliza",
    },
  });
  const end = async () => {
    child.kill("SIGINT");
    await once(child, "exit");
    await rm(directory, { recursive: true, force: true });
  };
  for await (const line of createInterface(child.stdout)) {
    const address = /ready at (\S+)/.exec(line)?.[1];
    if (address) return { address, end };
  }
  throw new Error("Keepsake exited before it was ready.");
}

interface State {
  name: string;
  open: (page: Page) => Promise<void>;
}

const message = (page: Page) => page.getByRole("textbox", { name: "Message" });

const articles = (page: Page) => page.getByRole("article");

/** Sends a message, and waits until its reply has ended. */
async function say(page: Page, text: string): Promise<void> {
  const before = await articles(page).count();
  await message(page).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
  await articles(page)
    .nth(before + 1)
    .waitFor();
  await page.locator(".writing").waitFor({ state: "detached" });
}

const states: State[] = [
  { name: "home", open: async () => {} },
  {
    name: "conversation",
    open: async (page) => {
      await say(page, "Two of us, seven days in May, no car. What to see?");
      await say(page, "think: and in the rain?");
      await page.locator("details.reasoning > summary").first().click();
    },
  },
  {
    name: "streaming",
    open: async (page) => {
      await message(page).fill("slow: what should we not miss?");
      await page.getByRole("button", { name: "Send" }).click();
      await page.locator(".writing table").waitFor();
    },
  },
  {
    name: "queued",
    open: async (page) => {
      for (const text of [
        "And where to eat?",
        "A list of the stations, please.",
      ]) {
        await message(page).fill(text);
        await page.getByRole("button", { name: "Send" }).click();
        await page.locator(".queued .text").getByText(text).waitFor();
      }
      await page.getByRole("log").evaluate((log) => log.scrollTo({ top: 0 }));
    },
  },
  {
    name: "queued-edit",
    open: async (page) => {
      await page
        .getByLabel("Edit queued message", { exact: true })
        .first()
        .click();
      await page
        .getByRole("textbox", { name: "Edited queued message" })
        .waitFor();
    },
  },
  {
    name: "scrolled-up",
    open: async (page) => {
      for (let waits = 2; waits > 0; waits--) {
        await page.getByRole("button", { name: "Withdraw" }).first().click();
        await page
          .locator("article.queued")
          .nth(waits - 1)
          .waitFor({ state: "detached" });
      }
      await page.getByRole("button", { name: "Stop" }).click();
      await page.locator(".writing").waitFor({ state: "detached" });
      await say(page, "long");
      await page.getByRole("log").evaluate((log) => log.scrollBy(0, -900));
    },
  },
  {
    name: "versions",
    open: async (page) => {
      await page.getByRole("button", { name: "Regenerate" }).click();
      await page.getByText("Version 2 of 2").first().waitFor();
      await page.locator(".writing").waitFor({ state: "detached" });
    },
  },
  {
    name: "editing",
    open: async (page) => {
      await page.getByLabel("Edit message", { exact: true }).last().click();
      await page.getByRole("textbox", { name: "Edited message" }).waitFor();
    },
  },
  {
    name: "failure",
    open: async (page) => {
      await page.getByRole("link", { name: "Cancel" }).click();
      await page.locator("#edit").waitFor({ state: "detached" });
      await message(page).fill("fail");
      await page.getByRole("button", { name: "Send" }).click();
      await page.getByRole("button", { name: "Retry" }).waitFor();
    },
  },
  {
    name: "options",
    open: (page) => page.getByLabel("Conversation options").click(),
  },
  {
    name: "keys",
    open: async (page) => {
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+/");
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "search",
    open: async (page) => {
      await page.goto(new URL("/search?q=tram", page.url()).href);
    },
  },
  {
    name: "projects",
    open: async (page) => {
      await page.goto(new URL("/projects", page.url()).href);
    },
  },
  {
    name: "project",
    open: async (page) => {
      await page.getByLabel("Name").fill("Journeys");
      await page.getByRole("button", { name: "Create project" }).click();
      await page.getByRole("heading", { name: "Journeys" }).waitFor();
    },
  },
  {
    name: "project-instructions",
    open: (page) => page.getByRole("link", { name: "Instructions" }).click(),
  },
  {
    name: "project-usage",
    open: (page) => page.getByRole("link", { name: "Usage" }).click(),
  },
  {
    name: "conversations",
    open: async (page) => {
      await page.goto(new URL("/conversations", page.url()).href);
    },
  },
  {
    name: "delete-data",
    open: async (page) => {
      await page.goto(new URL("/data/delete", page.url()).href);
    },
  },
  {
    name: "your-data",
    open: async (page) => {
      await page.goto(new URL("/data", page.url()).href);
    },
  },
  {
    name: "not-found",
    open: async (page) => {
      await page.goto(new URL("/nowhere", page.url()).href);
    },
  },
];

async function takeAll(browser: Browser, address: string): Promise<string[]> {
  const files: string[] = [];
  for (const width of widths) {
    for (const colorScheme of schemes) {
      const context = await browser.newContext({
        viewport: { width, height: width < 600 ? 760 : 900 },
        hasTouch: width < 600,
        isMobile: width < 600,
        colorScheme,
        reducedMotion: "reduce",
      });
      const page = await context.newPage();
      await page.goto(address);
      for (const { name, open } of states) {
        await open(page);
        files.push(`${name}-${width}-${colorScheme}.png`);
        await page.screenshot({ path: path.join(folder, files.at(-1) ?? "") });
      }
      if (width < 600) {
        await page.goto(address);
        await page.getByRole("link", { name: "Menu" }).click();
        await page.getByRole("link", { name: "Close" }).waitFor();
        files.push(`menu-${width}-${colorScheme}.png`);
        await page.screenshot({ path: path.join(folder, files.at(-1) ?? "") });
      }
      await page.goto(address);
      if (width < 800) await page.getByRole("link", { name: "Menu" }).click();
      await page.getByText(/^Details/).click();
      files.push(`details-${width}-${colorScheme}.png`);
      await page.screenshot({ path: path.join(folder, files.at(-1) ?? "") });
      await page
        .getByRole("button", { name: /^Actions for/ })
        .first()
        .click();
      files.push(`list-menu-${width}-${colorScheme}.png`);
      await page.screenshot({ path: path.join(folder, files.at(-1) ?? "") });
      await page.getByRole("link", { name: "Rename…" }).first().click();
      await page.getByRole("dialog", { name: "Rename" }).waitFor();
      files.push(`rename-${width}-${colorScheme}.png`);
      await page.screenshot({ path: path.join(folder, files.at(-1) ?? "") });
      await context.close();
    }
  }
  return files;
}

async function main(): Promise<void> {
  await mkdir(folder, { recursive: true });
  const model = await startModel();
  const keepsake = await startKeepsake(model);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH,
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
  try {
    const files = (await takeAll(browser, keepsake.address)).toSorted();
    const figures = files.map(
      (file) =>
        `<figure><figcaption>${file}</figcaption><img src="${file}" loading="lazy"></figure>`,
    );
    await writeFile(
      path.join(folder, "index.html"),
      `<!doctype html><meta charset="utf-8"><title>Keepsake</title><style>body{display:flex;flex-wrap:wrap;gap:1rem;font:14px system-ui}figure{margin:0}img{max-height:30rem;border:1px solid #ccc}</style>${figures.join("")}`,
    );
    console.log(`${files.length} screenshots in ${folder}`);
  } finally {
    await browser.close();
    await keepsake.end();
    model.closeAllConnections();
    model.close();
  }
}

void main();
