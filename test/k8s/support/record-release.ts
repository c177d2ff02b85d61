import { writeFileSync } from "node:fs";
import path from "node:path";
import { environmentNames } from "../../../k8s/schema/read-environment";
import { objectsOf } from "./manifests";

/*
 * Run at a release (`npx tsx test/k8s/support/record-release.ts`): records each environment's
 * manifests, one object a line. The upgrade test applies them before the current ones.
 */
const FOLDER = path.join(__dirname, "../last-release");

async function record(): Promise<void> {
  for (const name of environmentNames()) {
    const lines = (await objectsOf(name))
      // Large, and not validated by the API server.
      .filter(({ metadata }) => metadata.name !== "keepsake-dashboard")
      .map((object) => `${JSON.stringify(object)}\n`);
    writeFileSync(path.join(FOLDER, `${name}.jsonl`), lines.join(""));
  }
}

void record();
