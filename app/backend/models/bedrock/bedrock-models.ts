import type { OfferedModel } from "../../../core/config/offered-models";
import type { ModelInfo } from "../model";
import { shortName, tokensInWords } from "../named-model";

interface Family {
  /** Fits a model's id, with or without the region of a profile before it, and ARNs that hold it. */
  id: RegExp;
  name: string;
  about: string;
  contextTokens: number;
  maxReplyTokens: number;
  /** Whether Converse goes on from an unfinished answer of this model. */
  continues: boolean;
}

const nova = (
  id: RegExp,
  name: string,
  about: string,
  contextTokens: number,
): Family => ({
  id,
  name,
  about,
  contextTokens,
  maxReplyTokens: 10_000,
  continues: true,
});

/** What Amazon's documentation says of the models that most people use; first match. */
const families: Family[] = [
  nova(/\bnova-pro-v1/, "Nova Pro", "The most able of the three", 300_000),
  nova(/\bnova-micro-v1/, "Nova Micro", "The fastest, for text alone", 128_000),
  nova(/\bnova-lite-v1/, "Nova Lite", "Fast, at a low price", 300_000),
  nova(/\bnova-premier-v1/, "Nova Premier", "For hard tasks", 1_000_000),
  claude(/\bclaude-3-(?:haiku|sonnet|opus)/, 4_096, true),
  claude(/\bclaude-3-[57]/, 8_192, true),
  // From 4.6 on, these models refuse an answer that is begun for them.
  claude(/\bclaude-(?:opus|sonnet|haiku)-4-(?:[15]-)?20/, 32_000, true),
  claude(/\bclaude/, 32_000, false),
];

function claude(
  id: RegExp,
  maxReplyTokens: number,
  continues: boolean,
): Family {
  const about = "By Anthropic";
  return {
    id,
    name: "",
    about,
    contextTokens: 200_000,
    maxReplyTokens,
    continues,
  };
}

/** What holds for most models of Bedrock, of which nothing else is known. */
const other: Omit<Family, "id" | "name"> = {
  about: "On Amazon Bedrock",
  contextTokens: 128_000,
  maxReplyTokens: 4_096,
  continues: false,
};

/** The models on offer: what `MODELS` says, or Nova Pro, Micro and Lite. */
export function bedrockModels(
  region: string | undefined,
  offered: OfferedModel[] = standardModels(region),
): ModelInfo[] {
  return offered.map(describe);
}

/**
 * Nova is had on demand in two regions; everywhere else through the inference profile of the
 * region's part of the world.
 */
function standardModels(region = ""): OfferedModel[] {
  const [, world] = /^(us|eu|ap)-(?!gov)/.exec(region) ?? [];
  const onDemand = region === "us-east-1" || world === undefined;
  const profile = world === "ap" ? "apac" : world;
  const prefix = onDemand ? "" : `${profile}.`;
  return ["pro", "micro", "lite"].map((size) => ({
    model: `${prefix}amazon.nova-${size}-v1:0`,
  }));
}

function describe({ model, name }: OfferedModel): ModelInfo {
  const family = families.find(({ id }) => id.test(model));
  const { about, contextTokens, maxReplyTokens, continues } = family ?? other;
  return {
    id: `bedrock/${model}`,
    name: name ?? (family?.name || plainName(model)),
    provider: "bedrock",
    description: `${about}, with a window of ${tokensInWords(contextTokens)} tokens`,
    contextTokens,
    maxReplyTokens,
    continues,
  };
}

/** `eu.meta.llama3-2-3b-instruct-v1:0` is `llama3-2-3b-instruct`. */
function plainName(model: string): string {
  return shortName(model)
    .replace(/^(?:[a-z]{2,6}(?:-gov)?\.)?[a-z0-9]+\./, "")
    .replace(/(?:-v\d+)?(?::\d+)*$/, "");
}
