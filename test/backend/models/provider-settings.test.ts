import { writeFile } from "node:fs/promises";
import path from "node:path";
import { readModelSettings } from "../../../app/backend/models/provider-settings";
import { readBackendConfig } from "../../../app/core/config/config";
import { temporaryFolders } from "../../support/temporary-folder";

const read = (env: Record<string, string>) =>
  readModelSettings(readBackendConfig(env));

const folder = temporaryFolders();
const ollama = {
  MODEL_PROVIDER: "openai",
  OPENAI_BASE_URL: "http://localhost:11434/v1",
};

const headers = (OPENAI_HEADERS: string) =>
  read({ ...ollama, OPENAI_HEADERS }).openai?.headers;

describe("model settings", () => {
  it("have no system prompt if SYSTEM_PROMPT is empty", () => {
    expect(read({ SYSTEM_PROMPT: "" }).systemPrompt).toBe("");
    expect(read({}).systemPrompt).toMatch(/assistant/);
  });

  it("have only Eliza by default", () => {
    const settings = read({});
    expect(settings.providers).toEqual(["eliza"]);
    expect(settings.offered).toEqual({});
    expect(settings.timeouts).toEqual({
      connectMs: 10_000,
      firstTokenMs: 120_000,
      betweenTokensMs: 60_000,
      busyMs: 60_000,
    });
  });

  it("sort MODELS by provider, with display names", () => {
    const { offered } = read({
      ...ollama,
      MODEL_PROVIDER: "openai,bedrock,eliza",
      MODELS:
        "openai/llama3.2:3b=Llama 3.2, bedrock/eu.amazon.nova-pro-v1:0, openai/meta/llama = 4=x",
    });
    expect(offered).toEqual({
      openai: [
        { model: "llama3.2:3b", name: "Llama 3.2" },
        { model: "meta/llama", name: "4=x" },
      ],
      bedrock: [{ model: "eu.amazon.nova-pro-v1:0" }],
    });
  });

  it("need no provider in MODELS if there is one besides Eliza", () => {
    const { offered } = read({
      ...ollama,
      MODEL_PROVIDER: "eliza,openai",
      MODELS: "meta-llama/Llama-3.1-8B-Instruct",
    });
    expect(offered).toEqual({
      openai: [{ model: "meta-llama/Llama-3.1-8B-Instruct" }],
    });
  });

  it("name every entry of MODELS whose provider is unknown", () => {
    const env = { ...ollama, MODEL_PROVIDER: "openai,bedrock" };
    expect(() => read({ ...env, MODELS: "llama3.2,openai/a,nova" })).toThrow(
      /"llama3\.2".*provider\/model[^]*"nova"/,
    );
  });

  it("require OPENAI_BASE_URL for openai", () => {
    expect(() => read({ MODEL_PROVIDER: "openai" })).toThrow(
      /OPENAI_BASE_URL must be set.*localhost:11434/,
    );
  });

  it("read headers as JSON, and never show a wrong value", () => {
    expect(headers('{"x-team":"blue"}')).toEqual({ "x-team": "blue" });
    for (const bad of ["x-team: hush", '{"x-team":1}', '["hush"]', "null"]) {
      expect(() => headers(bad)).toThrow(/OPENAI_HEADERS "\(hidden\)" must be/);
    }
  });

  it("read the file of authorities at the start, and name its fault", async () => {
    const file = path.join(await folder(), "ca.pem");
    const ca = () => read({ ...ollama, OPENAI_CA_FILE: file }).openai?.ca;
    expect(ca).toThrow(/can't be read \(ENOENT\)/);
    await writeFile(file, "not a certificate");
    expect(ca).toThrow(/contains no certificate/);
    const pem = "-----BEGIN CERTIFICATE-----\n…";
    await writeFile(file, pem);
    expect(ca()).toBe(pem);
  });
});
