import type { OfferedModel } from "../../../core/config/offered-models";
import {
  formatTokens,
  type ModelInfo,
  shortName,
  type TakenFiles,
} from "../model";

interface Family {
  /** Matches a model's id, also after a profile's region, and in ARNs. */
  id: RegExp;
  name: string;
  about: string;
  contextTokens: number;
  maxReplyTokens: number;
  /** True if Converse continues an unfinished answer of this model. */
  continues: boolean;
  takes?: TakenFiles;
}

/** Converse's own limits, the same for all models that take files. */
const FILES: TakenFiles = {
  images: { maxBytes: 3.75 * 1024 ** 2, maxSide: 8_000, maxCount: 20 },
  documents: { maxBytes: 4.5 * 1024 ** 2, maxCount: 5 },
};

const nova = (
  id: RegExp,
  name: string,
  about: string,
  contextTokens: number,
  takes?: TakenFiles,
): Family => ({
  id,
  name,
  about,
  contextTokens,
  maxReplyTokens: 10_000,
  continues: true,
  takes,
});

/** Limits from Amazon's documentation. The first match counts. */
const families: Family[] = [
  nova(
    /\bnova-pro-v1/,
    "Nova Pro",
    "The most able of the three",
    300_000,
    FILES,
  ),
  nova(/\bnova-micro-v1/, "Nova Micro", "The fastest, for text alone", 128_000),
  nova(/\bnova-lite-v1/, "Nova Lite", "Fast, at a low price", 300_000, FILES),
  nova(/\bnova-premier-v1/, "Nova Premier", "For hard tasks", 1_000_000, FILES),
  claude(/\bclaude-3-(?:haiku|sonnet|opus)/, 4_096, true),
  claude(/\bclaude-3-[57]/, 8_192, true),
  // From 4.6 on, these models refuse a begun answer.
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
    takes: FILES,
  };
}

/** Safe limits for unknown models. */
const other: Omit<Family, "id" | "name"> = {
  about: "On Amazon Bedrock",
  contextTokens: 128_000,
  maxReplyTokens: 4_096,
  continues: false,
};

/** The models of `MODELS`, or Nova Pro, Micro and Lite. */
export function bedrockModels(
  region: string | undefined,
  offered: OfferedModel[] = standardModels(region),
): ModelInfo[] {
  return offered.map(describe);
}

/** Nova is available on demand in few regions, elsewhere through a cross-region inference profile. */
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
  const { about, contextTokens, maxReplyTokens, continues, takes } =
    family ?? other;
  return {
    id: `bedrock/${model}`,
    name: name ?? (family?.name || plainName(model)),
    provider: "bedrock",
    description: `${about}, with a window of ${formatTokens(contextTokens)} tokens`,
    contextTokens,
    maxReplyTokens,
    // Converse takes no more from any model.
    maxTemperature: 1,
    continues,
    takes,
  };
}

/** `eu.meta.llama3-2-3b-instruct-v1:0` is `llama3-2-3b-instruct`. */
function plainName(model: string): string {
  return shortName(model)
    .replace(/^(?:[a-z]{2,6}(?:-gov)?\.)?[a-z0-9]+\./, "")
    .replace(/(?:-v\d+)?(?::\d+)*$/, "");
}
