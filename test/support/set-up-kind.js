// Runs before each test file: sets the time-out, and skips tests that need a browser if none is found, and
// in Firefox those of pages without a script.
const { execFileSync } = require("node:child_process");

const { name, timeoutMs } = globalThis.testKind;
jest.setTimeout(timeoutMs);
// By this time the waits of the running test must give up: see wait-for.ts.
beforeEach(() => {
  globalThis.testKind.waitsEndAt = performance.now() + 0.9 * timeoutMs;
});
afterEach(() => {
  delete globalThis.testKind.waitsEndAt;
});

if (name.endsWith("browser")) {
  process.env.CHROMIUM_PATH ??= findBrowser();
  if (!process.env.CHROMIUM_PATH && !process.env.CI) {
    const { BROWSER_REMEDY = "scripts/support/install-browser" } = process.env;
    skipAll(` (needs a browser: ${BROWSER_REMEDY})`);
  }
}

if (name === "firefox") {
  const runs = globalThis.it;
  const { skip } = runs;
  const needsScript = / without (a script|JavaScript)/;
  const reason =
    " (needs a browser whose scripts a test can switch off: scripts/test e2e/browser)";
  const inFirefox = (title, ...rest) =>
    needsScript.test(title)
      ? skip(title + reason, ...rest)
      : runs(title, ...rest);
  globalThis.it = globalThis.test = Object.assign(inFirefox, runs);
}

/** An empty string if there is none, which a test then reports itself. */
function findBrowser() {
  try {
    const script = "scripts/support/find-browser.js";
    return execFileSync("node", [script], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

function skipAll(reason) {
  const { skip } = test;
  const skipped = (title, ...rest) => skip(title + reason, ...rest);
  skipped.each =
    (...table) =>
    (title, ...rest) =>
      skip.each(...table)(title + reason, ...rest);
  globalThis.it = globalThis.test = skipped;
}
