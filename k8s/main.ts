import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { App } from "cdk8s";
import { environmentNames, readEnvironment } from "./schema/read-environment";
import { manifests } from "./keepsake";
import { kroBase, kroDefinition } from "./kro/definition";

/** Not an environment, but written beside them: what lets a cluster with kro offer one as an object. */
const KRO = "kro";

/** What `scripts/synth` and `cdk8s synth` run: one file for each environment, and one for kro. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      image: { type: "string" },
      output: { type: "string", default: new App().outdir },
    },
  });
  const all = [...environmentNames(), KRO];
  const names = positionals.length > 0 ? positionals : all;
  // All are made before the first is written: a fault leaves no half of an output behind.
  const texts = await Promise.all(
    names.map((name) => textOf(name, values.image)),
  );
  await mkdir(values.output, { recursive: true });
  for (const [index, name] of names.entries()) {
    const file = path.join(values.output, `${name}.k8s.yaml`);
    await writeFile(file, texts[index] ?? "");
  }
}

async function textOf(name: string, image?: string): Promise<string> {
  return name === KRO
    ? kroDefinition(await kroBase())
    : manifests(await readEnvironment(name, imageOf(image)));
}

const imageOf = (image: string | undefined) => (image ? { image } : {});

main().catch((error: unknown) => {
  const isExpected =
    error instanceof Error && error.name === "EnvironmentError";
  console.error(isExpected ? error.message : error);
  process.exitCode = 1;
});
