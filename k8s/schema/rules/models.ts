import { z } from "zod";
import { providerNames } from "../../../app/core/config/model-settings";
import { rule } from "./rule";

const provided = (provider: string) => (providers: string[]) =>
  providers.includes(provider);

const bedrockHasRegion = rule(
  z.object({
    models: z.object({
      providers: z.array(z.string()).refine(provided("bedrock")),
      region: z.undefined().optional(),
    }),
  }),
  () => [
    {
      path: "models.region",
      message: "must be set for the provider bedrock: the region of the models",
    },
  ],
);

const openaiHasEndpoint = rule(
  z.object({
    models: z.object({
      providers: z.array(z.string()).refine(provided("openai")),
      openai: z.undefined().optional(),
    }),
  }),
  () => [
    {
      path: "models.openai",
      message:
        "must be set for the provider openai: { baseUrl, apiKey } of its endpoint",
    },
  ],
);

const isProvider = (name: string) =>
  providerNames.some((known) => known === name);

const modelsCanBeReached = rule(
  z.object({
    models: z.object({
      providers: z
        .array(z.string())
        .refine((all) =>
          all.some((name) => name !== "eliza" && isProvider(name)),
        ),
      egress: z.array(z.unknown()).max(0).optional(),
    }),
  }),
  () => [
    {
      path: "models.egress",
      message:
        "must list the address blocks of the models: backend may reach no others. " +
        "Use those of your VPC endpoints, or 0.0.0.0/0 or ::/0 for the internet (without private and metadata addresses)",
    },
  ],
);

export const modelRules = [
  bedrockHasRegion,
  openaiHasEndpoint,
  modelsCanBeReached,
];
