// Adds files that tsc does not write: templates, styles, the browser's script, and a link to each process
// in build/bin.
const {
  chmodSync,
  cpSync,
  mkdirSync,
  rmSync,
  symlinkSync,
} = require("node:fs");

for (const folder of ["views", "public"]) {
  cpSync(`app/web/${folder}`, `build/app/web/${folder}`, {
    recursive: true,
    filter: (source) => !source.endsWith("tsconfig.json"),
  });
}

rmSync("build/bin", { recursive: true, force: true });
mkdirSync("build/bin");
for (const process of ["web", "backend", "sweep", "preflight", "check-data"]) {
  const main = `app/${process}/main.js`;
  chmodSync(`build/${main}`, 0o755);
  symlinkSync(`../${main}`, `build/bin/${process}`);
}
