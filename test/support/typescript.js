// Loaded with `node -r`: runs TypeScript in a separate process as in the tests.
const { transformFileSync } = require("@swc/core");

require.extensions[".ts"] = (module, filename) => {
  const { code } = transformFileSync(filename, {
    swcrc: false,
    sourceMaps: "inline",
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  Reflect.get(module, "_compile").call(module, code, filename);
};
