// Adds to the compiled code what tsc doesn't make: templates, styles and the browser's script, and
// build/bin with each process by its name.
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
for (const process of ["web", "backend", "sweep", "preflight"]) {
  const main = `app/${process}/main.js`;
  chmodSync(`build/${main}`, 0o755);
  symlinkSync(`../${main}`, `build/bin/${process}`);
}
