// Reads npm's own audit. A registry without advisories must not count as a clean result.
const { spawnSync } = require("node:child_process");

const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], {
  encoding: "utf8",
  shell: process.platform === "win32",
});

const { metadata, message } = parse(stdout);
const total = metadata?.vulnerabilities?.total;
const audited = metadata?.dependencies?.prod ?? 0;
if (total === undefined || audited === 0) {
  const reason = message ? ` (${statusOf(message)})` : "";
  console.error(
    `NOT AUDITED: the registry answered no advisories${reason}. Repeat this with a registry that has them, such as https://registry.npmjs.org.`,
  );
  process.exitCode = 2;
} else if (total > 0) {
  console.error(
    `Found ${total} advisories for ${audited} packages of production. Run: npm audit --omit=dev`,
  );
  process.exitCode = 1;
} else {
  console.log(`Audited ${audited} packages of production: no advisory.`);
}

/** The answer of npm; empty if that is no JSON. */
function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** npm's message without the address, which may have a password. */
function statusOf(text) {
  return text.split(" - ")[0];
}
