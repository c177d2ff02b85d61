import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { App } from "cdk8s";
import { environmentNames, readEnvironment } from "./environments";
import { manifests } from "./keepsake";

/** What `scripts/synth` and `cdk8s synth` run: one file for each environment. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      image: { type: "string" },
      output: { type: "string", default: new App().outdir },
    },
  });
  const names = positionals.length > 0 ? positionals : environmentNames();
  // All are checked before the first is written: a fault leaves no half of an output behind.
  const environments = await Promise.all(
    names.map((name) => readEnvironment(name, imageOf(values.image))),
  );
  await mkdir(values.output, { recursive: true });
  for (const environment of environments) {
    const file = path.join(values.output, `${environment.name}.k8s.yaml`);
    await writeFile(file, manifests(environment));
  }
}

const imageOf = (image: string | undefined) => (image ? { image } : {});

main().catch((error: unknown) => {
  const isExpected =
    error instanceof Error && error.name === "EnvironmentError";
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
});
