// Reads npm's own audit. A registry without advisories must not count as a clean result.
const { spawnSync } = require("node:child_process");

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  encoding: "utf8",
  shell: process.platform === "win32",
});

const counts = countsIn(stdout);
if (counts === undefined) {
  console.error(
    "NOT AUDITED: the registry answered no advisories. Repeat this with a registry that has them, such as https://registry.npmjs.org.",
  );
  process.exitCode = 2;
} else if (counts.total > 0) {
  console.error(`Found ${counts.total} advisories. Run: npm audit --omit=dev`);
  process.exitCode = 1;
} else {
  console.log("Audited: no advisory concerns a dependency of production.");
}

/** The numbers of vulnerabilities; `undefined` if the answer has none. */
function countsIn(text) {
  try {
    return JSON.parse(text).metadata?.vulnerabilities;
  } catch {
    return undefined;
  }
}
