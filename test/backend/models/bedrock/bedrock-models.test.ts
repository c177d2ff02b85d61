import { bedrockModels } from "../../../../app/backend/models/bedrock/bedrock-models";

const ids = (region?: string) => bedrockModels(region).map(({ id }) => id);

describe("the models of Bedrock", () => {
  it("are Nova Pro, Micro and Lite by default", () => {
    const models = bedrockModels("us-east-1");
    expect(models.map(({ name }) => name)).toEqual([
      "Nova Pro",
      "Nova Micro",
      "Nova Lite",
    ]);
    expect(ids("us-east-1")[0]).toBe("bedrock/amazon.nova-pro-v1:0");
    expect(models.every(({ continues }) => continues)).toBe(true);
  });

  it.each([
    ["us-west-2", "us."],
    ["eu-central-1", "eu."],
    ["ap-northeast-1", "apac."],
    ["us-gov-west-1", ""],
    [undefined, ""],
  ])("are reached in %s through the profile %j", (region, prefix) => {
    expect(ids(region)[2]).toBe(`bedrock/${prefix}amazon.nova-lite-v1:0`);
  });

  it("are those of MODELS, with known limits", () => {
    const arn =
      "arn:aws:bedrock:eu-west-1:1:application-inference-profile/abc123";
    const models = bedrockModels("eu-west-1", [
      { model: "eu.amazon.nova-micro-v1:0" },
      { model: "eu.anthropic.claude-3-7-sonnet-20250219-v1:0" },
      { model: "global.anthropic.claude-opus-4-6-v1", name: "Claude Opus" },
      { model: "meta.llama3-2-3b-instruct-v1:0" },
      { model: arn, name: "For sales" },
    ]);
    const brief = models.map(({ name, contextTokens, continues }) => [
      name,
      contextTokens,
      continues,
    ]);
    expect(brief).toEqual([
      ["Nova Micro", 128_000, true],
      ["claude-3-7-sonnet-20250219", 200_000, true],
      ["Claude Opus", 200_000, false],
      ["llama3-2-3b-instruct", 128_000, false],
      ["For sales", 128_000, false],
    ]);
  });
});
