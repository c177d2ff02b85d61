import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createBedrock } from "../../../../app/backend/models/bedrock/create-bedrock";
import { ConfigError } from "../../../../app/core/config/config";
import { temporaryFolders } from "../../../support/temporary-folder";
import { neverAborts } from "../model-provider-contract";

const temporaryFolder = temporaryFolders();
const before = { ...process.env };

afterEach(() => {
  process.env = { ...before };
});

/** Bedrock on a machine with only this file of profiles. */
async function bedrockWith(profiles: string) {
  const file = path.join(await temporaryFolder(), "config");
  await writeFile(file, profiles);
  for (const name of ["AWS_REGION", "AWS_PROFILE"]) delete process.env[name];
  process.env.AWS_CONFIG_FILE = file;
  process.env.AWS_SHARED_CREDENTIALS_FILE = file;
  return createBedrock({}, { connectMs: 5_000, busyMs: 0 });
}

describe("Bedrock's region", () => {
  it("is the profile's if none is set, and decides the models", async () => {
    const bedrock = await bedrockWith("[default]\nregion = eu-west-1\n");
    await expect(bedrock.check?.()).resolves.toBeUndefined();
    const models = await bedrock.listModels(neverAborts());
    expect(models[0]?.id).toBe("bedrock/eu.amazon.nova-pro-v1:0");
    await bedrock.close?.();
  });

  it("is asked for if the profile has none either", async () => {
    const bedrock = await bedrockWith("[default]\n");
    const check = bedrock.check?.();
    await expect(check).rejects.toThrow(ConfigError);
    await expect(check).rejects.toThrow(/^AWS_REGION must be set/);
    await bedrock.close?.();
  });
});
