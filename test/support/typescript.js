// Loaded with `node -r`: lets a process of its own run TypeScript as the tests do.
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
