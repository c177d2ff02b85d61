// Copies what tsc doesn't compile (templates, styles, the browser's script) beside the compiled code.
const { cpSync } = require("node:fs");

for (const folder of ["views", "public"]) {
  cpSync(`app/web/${folder}`, `build/app/web/${folder}`, {
    recursive: true,
    filter: (source) => !source.endsWith("tsconfig.json"),
  });
}
