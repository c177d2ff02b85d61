import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePorts } from "../../scripts/local/free-ports";
import { copyRepository } from "../support/start-script";
import { once, waitFor } from "../support/wait-for";

let copy: ReturnType<typeof copyRepository>;
let address: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  copy = copyRepository();
  const [port, metricsPort] = await freePorts(2);
  address = `http://localhost:${port}`;
  const dev = spawn("npm", ["run", "--silent", "dev"], {
    cwd: copy.folder,
    stdio: "ignore",
    // A process group of its own, which Ctrl-C reaches as a whole.
    detached: true,
    env: {
      ...process.env,
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      LOG_LEVEL: "silent",
    },
  });
  const ended = once(dev, "close");
  stop = async () => {
    if (dev.pid) process.kill(-dev.pid, "SIGINT");
    await ended;
  };
  await untilPage(/New conversation/);
});

afterAll(async () => {
  await stop();
  copy.remove();
});

/** The front page; empty while web is down. */
const page = () =>
  fetch(address).then(
    (response) => response.text(),
    () => "",
  );

const untilPage = (pattern: RegExp) =>
  waitFor(async () => pattern.exec(await page())?.[0]);

function edit(name: string, change: (text: string) => string): void {
  const file = path.join(copy.folder, name);
  writeFileSync(file, change(readFileSync(file, "utf8")));
}

it("npm run dev keeps its state in ./data", () => {
  expect(existsSync(path.join(copy.folder, "data/sessions"))).toBe(true);
  expect(existsSync(path.join(copy.folder, "data/records"))).toBe(true);
});

it("npm run dev shows a changed template", async () => {
  edit("app/web/views/home.njk", (text) =>
    text.replace('{{ t("chat.greeting") }}', '{{ "From the template" }}'),
  );
  expect(await untilPage(/From the template/)).toBeDefined();
});

it("npm run dev serves a changed asset", async () => {
  const stylesheet = /\/assets\/keepsake\.[\w-]+\.css/;
  const before = await untilPage(stylesheet);
  edit(
    "app/web/public/keepsake.css",
    (text) => `${text}\n.added { top: 0; }\n`,
  );
  const after = await waitFor(async () => {
    const [url] = stylesheet.exec(await page()) ?? [];
    return url !== before && url;
  });
  expect(after).toMatch(stylesheet);
});

it("npm run dev restarts web when code changes", async () => {
  edit("app/core/texts/en/titles.ts", (text) =>
    text.replaceAll('"New conversation"', '"From the code"'),
  );
  expect(await untilPage(/<title>From the code/)).toBeDefined();
});
