import { readFileSync } from "node:fs";
import { errorCode } from "../runtime/errors";
import type { ProviderName } from "./model-settings";
import { offeredModels } from "./offered-models";

/** Settings that are checked together; absent and invalid ones are `undefined`. */
export interface ModelChoice {
  MODEL_PROVIDER?: ProviderName[] | undefined;
  MODELS?: string[] | undefined;
  OPENAI_BASE_URL?: string | undefined;
  OPENAI_CA_FILE?: string | undefined;
}

/** Conflicts between the settings of models, or with this machine, by setting. */
export function modelFaults(choice: ModelChoice): Map<string, string> {
  const { MODEL_PROVIDER: providers, MODELS: entries } = choice;
  const faults = new Map<string, string>();
  if (providers === undefined) return faults;
  const { unassigned } = offeredModels(providers, entries);
  if (unassigned.length > 0)
    faults.set("MODELS", complaint(unassigned, providers));
  if (!providers.includes("openai")) return faults;
  if (choice.OPENAI_BASE_URL === undefined) {
    faults.set(
      "OPENAI_BASE_URL",
      "OPENAI_BASE_URL must be set if MODEL_PROVIDER includes openai. For Ollama on this machine, use http://localhost:11434/v1.",
    );
  }
  const ca = choice.OPENAI_CA_FILE && caFault(choice.OPENAI_CA_FILE);
  if (ca) faults.set("OPENAI_CA_FILE", ca);
  return faults;
}

function complaint(unassigned: string[], providers: ProviderName[]): string {
  return unassigned
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
  return `OPENAI_CA_FILE "${file}" contains no certificate. It must be a PEM file, with -----BEGIN CERTIFICATE-----.`;
}
