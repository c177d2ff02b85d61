import { createProviders } from "../../../app/backend/models/create-providers";
import { readModelSettings } from "../../../app/backend/models/provider-settings";
import { readBackendConfig } from "../../../app/core/config/config";
import { neverAborts } from "./model-provider-contract";

it("creates the providers of the settings in order, with their models", async () => {
  const settings = readModelSettings(
    readBackendConfig({
      MODEL_PROVIDER: "bedrock,eliza,openai,bedrock",
      OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
      AWS_REGION: "eu-west-1",
      MODELS: "openai/llama3.2=Llama",
    }),
  );
  const providers = createProviders(settings);
  const lists = await Promise.all(
    providers.map((provider) => provider.listModels(neverAborts())),
  );
  expect(lists.flat().map(({ id, name }) => `${id} ${name}`)).toEqual([
    "bedrock/eu.amazon.nova-pro-v1:0 Nova Pro",
    "bedrock/eu.amazon.nova-micro-v1:0 Nova Micro",
    "bedrock/eu.amazon.nova-lite-v1:0 Nova Lite",
    "eliza/eliza Eliza",
    "openai/llama3.2 Llama",
  ]);
  for (const provider of providers) await provider.close?.();
});
