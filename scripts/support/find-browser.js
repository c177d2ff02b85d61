// Prints the path of a Chromium, Chrome or Edge that starts: CHROMIUM_PATH, or one on PATH, in the usual
// places or in Playwright's cache. Exits with 1 if there is none.
const { spawnSync } = require("node:child_process");
const { existsSync, readdirSync } = require("node:fs");
const path = require("node:path");

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "microsoft-edge",
  "microsoft-edge-stable",
];
const MAC_APPS = ["Google Chrome", "Chromium", "Microsoft Edge"];

function findBrowser() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = [
    process.env.CHROMIUM_PATH,
    ...NAMES.flatMap((name) =>
      folders.map((folder) => path.join(folder, name)),
    ),
    ...MAC_APPS.map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`),
    ...inPlaywrightCache(),
  ];
  return candidates.find((file) => file && existsSync(file) && starts(file));
}

/** False for Ubuntu's snap placeholder, and if system libraries are missing. */
function starts(file) {
  return spawnSync(file, ["--version"], { stdio: "ignore" }).status === 0;
}

/** This Playwright version's revision first, then others. */
function inPlaywrightCache() {
  const own = require("playwright-core").chromium.executablePath();
  const cache = path.resolve(own, "../../..");
  const others = existsSync(cache) ? readdirSync(cache) : [];
  const revisions = others.filter((name) => /^chromium-\d+$/.test(name));
  return [own, ...revisions.map((name) => own.replace(/chromium-\d+/, name))];
}

module.exports = { findBrowser };

if (require.main === module) {
  const found = findBrowser();
  if (!found) process.exit(1);
  console.log(found);
}
