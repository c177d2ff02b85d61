// Looks for secrets in what processes logged during the tests, and in their metrics: `find-secrets.js FOLDER`. Prints places, not
// secrets. Exits with 1 if it finds one, or if nothing was recorded.
const { readdirSync, readFileSync } = require("node:fs");
const path = require("node:path");

/** The secrets that the tests' fixtures use everywhere, and the forms of credentials. */
const SECRETS = {
  "the internal token": /a-token-for-tests-only-/,
  "a bearer token": /\bbearer +[\w.~+/-]{8,}/i,
  "a session cookie": /keepsake(?:\.sig)?=[\w.-]{16,}/,
  "an identity token": /\beyJ[\w-]{20,}={0,2}\.[\w-]{20,}/,
  "a key of a model": /\bsk-[\w-]{16,}/,
  "a private key": /PRIVATE KEY/,
  "the text of a message": /Hello there|a planted message of a visitor/,
};

const [folder = ""] = process.argv.slice(2);
let lines = 0;
const places = [];
for (const name of readdirSync(folder)) {
  const text = readFileSync(path.join(folder, name), "utf8");
  for (const [index, line] of text.split("\n").entries()) {
    if (line !== "") lines++;
    for (const [what, pattern] of Object.entries(SECRETS)) {
      if (pattern.test(line)) places.push(`${what} in ${name}:${index + 1}`);
    }
  }
}
for (const place of places.slice(0, 50)) console.error(`SECRET: ${place}`);
if (lines === 0) console.error("No log was recorded.");
else
  console.error(
    `${places.length} secrets in ${lines} lines of logs and metrics.`,
  );
process.exitCode = places.length > 0 || lines === 0 ? 1 : 0;
