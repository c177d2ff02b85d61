import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { App } from "cdk8s";
import { environmentNames, readEnvironment } from "./schema/read-environment";
import { manifests } from "./keepsake";

/** The program behind `scripts/synth` and `cdk8s synth`: writes one file for each environment. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      image: { type: "string" },
      output: { type: "string", default: new App().outdir },
    },
  });
  const names = positionals.length > 0 ? positionals : environmentNames();
  const overrides = values.image ? { image: values.image } : {};
  // Synthesize all before writing the first: an error leaves no partial output.
  const texts = await Promise.all(
    names.map(async (name) =>
      manifests(await readEnvironment(name, overrides)),
    ),
  );
  await mkdir(values.output, { recursive: true });
  for (const [index, name] of names.entries()) {
    const file = path.join(values.output, `${name}.k8s.yaml`);
    await writeFile(file, texts[index]!);
  }
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof Error && error.name === "EnvironmentError";
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
});
