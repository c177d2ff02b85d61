// Prints the path of a Chromium: CHROMIUM_PATH, one on PATH or in the usual places, or the one
// that Playwright installs. Exits with 1 if there is none.
const { existsSync } = require("node:fs");
const path = require("node:path");

const names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
const folders = (process.env.PATH ?? "").split(path.delimiter);
const candidates = [
  process.env.CHROMIUM_PATH,
  ...folders.flatMap((folder) => names.map((name) => path.join(folder, name))),
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  playwrights(),
];
const found = candidates.find((file) => file && existsSync(file));
if (!found) process.exit(1);
console.log(found);

function playwrights() {
  try {
    return require("playwright-core").chromium.executablePath();
  } catch {
    return undefined;
  }
}
