import type { ProviderName } from "../../shared/settings/modelSettings";
import { createEliza } from "./eliza/createEliza";
import type { ModelProvider } from "./Model";
import type { ModelSettings } from "./modelSettings";

/**
 * The providers that the settings name, in their order. The code of the others isn't even loaded:
 * the AWS SDK alone takes 16 MB of memory.
 */
export function createProviders(settings: ModelSettings): ModelProvider[] {
  return settings.providers.flatMap((name) => create[name](settings) ?? []);
}

type Create = (settings: ModelSettings) => ModelProvider | undefined;

const create: Record<ProviderName, Create> = {
  eliza: ({ eliza }) => createEliza(eliza),
  openai: ({ openai, timeouts, offered }) => {
    const { createOpenAI } =
      require("./openai/createOpenAI") as typeof import("./openai/createOpenAI");
    return openai && createOpenAI(openai, timeouts, offered.openai);
  },
  bedrock: ({ bedrock, timeouts, offered }) => {
    const { createBedrock } =
      require("./bedrock/createBedrock") as typeof import("./bedrock/createBedrock");
    return createBedrock(bedrock, timeouts, offered.bedrock);
  },
};
