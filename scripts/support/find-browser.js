// Prints the path of a browser that starts: `find-browser.js [chromium|firefox]`. It is the one that
// CHROMIUM_PATH or FIREFOX_PATH names, or one on PATH, in the usual places or in Playwright's cache. Chrome
// and Edge are Chromium, too. Exits with 1 if there is none.
const { spawnSync } = require("node:child_process");
const { existsSync, readdirSync } = require("node:fs");
const path = require("node:path");

const BROWSERS = {
  chromium: {
    named: process.env.CHROMIUM_PATH,
    programs: [
      "chromium",
      "chromium-browser",
      "google-chrome",
      "google-chrome-stable",
      "chrome",
      "microsoft-edge",
      "microsoft-edge-stable",
    ],
    macApps: ["Google Chrome", "Chromium", "Microsoft Edge"],
    cached: inPlaywrightCache,
  },
  firefox: {
    named: process.env.FIREFOX_PATH,
    programs: ["firefox-esr", "firefox"],
    macApps: ["Firefox"],
    // Playwright's own Firefox is another program, which speaks another protocol.
    cached: () => [],
  },
};

function findBrowser(browser = "chromium") {
  const { named, programs, macApps, cached } = BROWSERS[browser];
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const candidates = [
    named,
    ...programs.flatMap((name) =>
      folders.map((folder) => path.join(folder, name)),
    ),
    ...macApps.map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`),
    ...cached(),
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
  const found = findBrowser(process.argv[2]);
  if (!found) process.exit(1);
  console.log(found);
}
