import type { ProviderName } from "../../core/config/model-settings";
import { createEliza } from "./eliza/create-eliza";
import type { ModelProvider } from "./model";
import type { ModelSettings } from "./provider-settings";

/**
 * The providers of the settings, in their order. The code of the others is not loaded: the AWS SDK
 * alone takes 16 MB of memory.
 */
export function createProviders(settings: ModelSettings): ModelProvider[] {
  return settings.providers.flatMap((name) => create[name](settings) ?? []);
}

type Create = (settings: ModelSettings) => ModelProvider | undefined;

const create: Record<ProviderName, Create> = {
  eliza: ({ eliza }) => createEliza(eliza),
  openai: ({ openai, timeouts, offered }) => {
    const { createOpenAI } =
      require("./openai/create-openai") as typeof import("./openai/create-openai");
    return openai && createOpenAI(openai, timeouts, offered.openai);
  },
  bedrock: ({ bedrock, timeouts, offered }) => {
    const { createBedrock } =
      require("./bedrock/create-bedrock") as typeof import("./bedrock/create-bedrock");
    return createBedrock(bedrock, timeouts, offered.bedrock);
  },
};
