// Sorts test files into jest's projects by their imports: a browser, a child process or a server,
// directly or through other files of the tests. All others are unit tests.
const { existsSync, readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "../..");

/** Run only by `scripts/test --all`. */
const LONG = [
  "test/backend/models/survival.test.ts",
  "test/e2e/streams/",
  "test/e2e/survival/",
  "test/exhaustive/three-processes.test.ts",
  "test/fuzz/guided.test.ts",
  "test/web/sessions/hanging.test.ts",
  "test/web/sessions/stress.test.ts",
];

/** Also run in Firefox, by `scripts/test --all`. Each must work without what only Chromium's protocol offers. */
const IN_FIREFOX = [
  "test/e2e/browser/keyboard.test.ts",
  "test/e2e/browser/list-menu.test.ts",
  "test/e2e/browser/settings.test.ts",
];

/** Most demanding first: the first match decides. */
const NEEDS = {
  browser: /^playwright-core$/,
  process: /^node:child_process$/,
  http: /^node:(http|net)$/,
};

/** Globs of test files by kind. */
function testKinds() {
  const kinds = Object.fromEntries(
    ["unit", "http", "process", "browser", "long", "long-browser"].map(
      (kind) => [kind, []],
    ),
  );
  const files = readdirSync(path.join(root, "test"), { recursive: true });
  for (const name of files.filter((file) => file.endsWith(".test.ts"))) {
    const file = path.join("test", name);
    kinds[kindOf(file)].push(`**/${file}`);
  }
  // A kind of its own only where there is a Firefox: otherwise `npx jest FILE` would run each test twice.
  if (process.env.FIREFOX_PATH) {
    kinds.firefox = IN_FIREFOX.map((file) => `**/${file}`);
  }
  return kinds;
}

function kindOf(file) {
  const modules = [...importedBy(path.join(root, file))];
  const kind =
    Object.keys(NEEDS).find((need) =>
      modules.some((name) => NEEDS[need].test(name)),
    ) ?? "unit";
  if (!LONG.some((long) => file.startsWith(long))) return kind;
  return kind === "browser" ? "long-browser" : "long";
}

/** The packages that a file imports, directly or through files outside `app`. */
function importedBy(file, seen = new Set(), packages = new Set()) {
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, name] of text.matchAll(/(?:from |import )"([^"]+)"/g)) {
    const target = path.resolve(path.dirname(file), `${name}.ts`);
    if (!name.startsWith(".")) packages.add(name);
    else if (!isApp(target) && existsSync(target))
      importedBy(target, seen, packages);
  }
  return packages;
}

const isApp = (file) => file.startsWith(path.join(root, "app"));

module.exports = { testKinds };
