import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { App } from "cdk8s";
import { exampleFields, rejectingAnnotation } from "./examples";
import { environmentNames, readEnvironment } from "./schema/read-environment";
import { manifests } from "./keepsake";

interface Output {
  name: string;
  text: string;
  /** Fields with example values, which make the manifests unusable. */
  examples: string[];
}

/** The program behind `scripts/synth` and `cdk8s synth`: writes one folder for each environment. */
async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const names = positionals.length > 0 ? positionals : environmentNames();
  const overrides = values.image ? { image: values.image } : {};
  // Synthesize all before writing the first: an error leaves no partial output.
  const outputs = await Promise.all(
    names.map((name) => synthesize(name, overrides)),
  );
  for (const output of outputs) await write(values.output, output);
  for (const { name, examples } of outputs) warn(name, examples);
}

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      image: { type: "string" },
      output: { type: "string", default: new App().outdir },
    },
  });
}

async function synthesize(
  name: string,
  overrides: { image?: string },
): Promise<Output> {
  const environment = await readEnvironment(name, overrides);
  const examples = exampleFields(environment);
  const text = manifests(environment, rejectingAnnotation(name, examples));
  return { name, text, examples };
}

/** A folder of its own, since `kubectl apply -f` takes every file of a folder, but of no subfolder. */
async function write(directory: string, { name, text }: Output): Promise<void> {
  const folder = path.join(directory, name);
  await rm(folder, { recursive: true, force: true });
  // Earlier versions wrote here.
  await rm(path.join(directory, `${name}.k8s.yaml`), { force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "keepsake.k8s.yaml"), text);
}

function warn(name: string, examples: string[]): void {
  if (examples.length === 0) return;
  console.error(
    `The environment ${name} has example values, so its manifests can be read but not applied. ` +
      `Set ${examples.join(", ")} in k8s/environments/${name}.ts.`,
  );
}

const isUsageError = (error: Error) =>
  String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");

const USAGE = "Usage: scripts/synth [ENVIRONMENT…] [--image NAME@DIGEST]";

/** Prints a sentence for every error that a user can cause. */
function printError(error: unknown): void {
  if (!(error instanceof Error)) console.error(error);
  else if (error.name === "EnvironmentError") console.error(error.message);
  else if (isUsageError(error)) {
    const [sentence] = error.message.split(". ");
    console.error(`${sentence}.\n${USAGE}`);
  } else console.error(error);
}

main().catch((error: unknown) => {
  printError(error);
  process.exitCode = 1;
});
