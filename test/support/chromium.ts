import { execFileSync } from "node:child_process";
import { chromium, type Browser } from "playwright-core";

/** Chromium, headless: the one that `CHROMIUM_PATH` names, or one in the usual places. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? findBrowser(),
    // Its sandbox doesn't run as root, as which containers often run tests.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

function findBrowser(): string {
  const script = "scripts/support/findBrowser.js";
  return execFileSync(process.execPath, [script], { encoding: "utf8" }).trim();
}
