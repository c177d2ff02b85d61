import type { OpenAISettings } from "../provider-settings";

/** Parts of the names of models that are known to take pictures. */
const KNOWN =
  /gpt-4o|gpt-4\.1|gpt-5|\bo[134]\b(?!-mini)|\bo4-mini|claude-|gemini|gemma-?3|llava|pixtral|mistral-small-?3|mistral-medium-?3|llama-?4|vision|minicpm-v|moondream|internvl|multimodal|[-\d]vl\b|nova-(?:pro|lite|premier)/i;

/** A model in a server's list: the fields that tell about pictures. */
interface Described {
  id: string;
  architecture?: { input_modalities?: string[] | undefined } | null | undefined;
  capabilities?: { vision?: boolean | undefined } | null | undefined;
}

/** True if a model takes pictures: by the setting, by the server's list, or by its name. */
export function takesImages(
  { id, architecture, capabilities }: Described,
  { imageModels }: Pick<OpenAISettings, "imageModels">,
): boolean {
  if (imageModels) return imageModels.some((name) => toPattern(name).test(id));
  const modalities = architecture?.input_modalities;
  if (modalities) return modalities.includes("image");
  return capabilities?.vision ?? KNOWN.test(id);
}

/** `*` stands for any characters. */
const toPattern = (name: string) =>
  new RegExp(
    `^${name
      .split("*")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join(".*")}$`,
    "i",
  );
