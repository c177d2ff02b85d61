import { writeFile } from "node:fs/promises";
import path from "node:path";
import vm from "node:vm";
import { bundleScript } from "../../../app/web/rendering/bundle-script";
import { temporaryFolders } from "../../support/temporary-folder";

const temporaryFolder = temporaryFolders();

it("joins modules in the order of their imports, each once", async () => {
  const folder = await temporaryFolder();
  const modules = {
    "main.js":
      'import { add } from "./add.js";\nimport "./start.js";\n// A comment\nlog(add(one, 1));\n',
    "add.js":
      'import { one } from "./one.js";\n/** Adds. */\nexport const add = (a, b) => a + b;\nlog("add", one);\n',
    "one.js": 'export const one = 1;\nlog("one");\n',
    "start.js": 'import { one } from "./one.js";\nlog("start", one);\n',
  };
  for (const [name, text] of Object.entries(modules)) {
    await writeFile(path.join(folder, name), text);
  }
  const logged: unknown[] = [];
  const script = await bundleScript(
    path.join(folder, "main.js"),
    (key) => `text ${key}`,
  );
  vm.runInNewContext(script, { log: (...all: unknown[]) => logged.push(all) });
  expect(logged).toEqual([["one"], ["add", 1], ["start", 1], [2]]);
  expect(script).not.toMatch(/comment|Adds|import|export/);
});
