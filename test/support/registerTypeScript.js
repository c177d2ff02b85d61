/*
 * Lets a Node process that a test starts run TypeScript as it is: `node -r …/registerTypeScript.js
 * file.ts`. Tests themselves are transformed by jest, in the same way.
 */
const { readFileSync } = require("node:fs");
const { transformSync } = require("@swc/core");

/** Node's own name of it. */
const COMPILE = "_compile";

require.extensions[".ts"] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, "utf8"), {
    filename,
    sourceMaps: "inline",
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  module[COMPILE](code, filename);
};
