import { readFileSync } from "node:fs";
import { errorCode } from "../runtime/errors";
import type { ProviderName } from "./model-settings";
import { offeredModels } from "./offered-models";

/** What is looked at together; a setting that is absent, or wrong by itself, is `undefined`. */
export interface ModelChoice {
  MODEL_PROVIDER?: ProviderName[] | undefined;
  MODELS?: string[] | undefined;
  OPENAI_BASE_URL?: string | undefined;
  OPENAI_CA_FILE?: string | undefined;
}

/** What settings of models have against each other, or against the machine: setting → what to do. */
export function modelFaults(choice: ModelChoice): Map<string, string> {
  const { MODEL_PROVIDER: providers, MODELS: entries } = choice;
  const faults = new Map<string, string>();
  if (providers === undefined) return faults;
  const { unclear } = offeredModels(providers, entries);
  if (unclear.length > 0) faults.set("MODELS", complaint(unclear, providers));
  if (!providers.includes("openai")) return faults;
  if (choice.OPENAI_BASE_URL === undefined) {
    faults.set(
      "OPENAI_BASE_URL",
      "OPENAI_BASE_URL must be set where MODEL_PROVIDER has openai: for Ollama on this machine, http://localhost:11434/v1.",
    );
  }
  const ca = choice.OPENAI_CA_FILE && caFault(choice.OPENAI_CA_FILE);
  if (ca) faults.set("OPENAI_CA_FILE", ca);
  return faults;
}

function complaint(unclear: string[], providers: ProviderName[]): string {
  return unclear
    .map(
      (entry) =>
        `MODELS "${entry}" names none of MODEL_PROVIDER's providers (${providers.join(", ")}): write provider/model, such as ${providers.at(-1)}/${entry}.`,
    )
    .join("\n");
}

function caFault(file: string): string | undefined {
  try {
    const pem = readFileSync(file, "utf8");
    if (pem.includes("-----BEGIN CERTIFICATE-----")) return undefined;
  } catch (error) {
    return `OPENAI_CA_FILE "${file}" can't be read (${errorCode(error)}). Set the path of a PEM file.`;
  }
  return `OPENAI_CA_FILE "${file}" holds no certificate. It must be a PEM file, with -----BEGIN CERTIFICATE-----.`;
}
