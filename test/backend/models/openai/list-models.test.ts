import { pipeline } from "node:stream/promises";
import type { OpenAISettings } from "../../../../app/backend/models/provider-settings";
import { createOpenAI } from "../../../../app/backend/models/openai/create-openai";
import type { OfferedModel } from "../../../../app/core/config/offered-models";
import { answerWith, settingsFor } from "../../../support/openai-server";
import { server, useScriptedServer } from "../../../support/scripted-server";
import { waitFor } from "../../../support/wait-for";
import { neverAborts } from "../model-provider-contract";

useScriptedServer();

const list = (
  offered?: OfferedModel[],
  settings: Partial<OpenAISettings> = {},
) =>
  createOpenAI(
    { ...settingsFor(server), ...settings },
    { connectMs: 5_000, busyMs: 0 },
    offered,
  ).listModels(neverAborts());

describe("the models of an endpoint", () => {
  it("are refused, and their connection is closed, if the list does not end", async () => {
    const entry = `${JSON.stringify({ id: "m", note: "x".repeat(16_000) })},`;
    let sent = 0;
    let isClosed = false;
    function* endless(): Generator<string> {
      yield '{"data":[';
      for (; sent < 400_000_000; sent += entry.length) yield entry;
      yield "]}";
    }
    server.on("/v1/models", async (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      await pipeline(endless(), response).catch(() => (isClosed = true));
    });
    await expect(list()).rejects.toMatchObject({
      forOperator: expect.stringContaining("longer than 1 MB"),
    });
    await waitFor(async () => isClosed);
    expect(sent).toBeLessThan(20_000_000);
  });

  it("are at most a thousand, with names of bounded length", async () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => `model-${index}`);
    const data = ["x".repeat(300), ...ids].map((id) => ({ id }));
    server.on("/v1/models", answerWith(200, { data }));
    const models = await list();
    expect(models).toHaveLength(1_000);
    expect(models[0]?.name).toBe("model-0");
  });

  it("come from Ollama's list, without `latest` in their names, with the window of the setting", async () => {
    server.on(
      "/v1/models",
      answerWith(200, {
        object: "list",
        data: [
          { id: "llama3.2:latest", object: "model", owned_by: "library" },
          { id: "nomic-embed-text:latest", owned_by: "library" },
          { id: "qwen2.5:7b", owned_by: "library" },
        ],
      }),
    );
    expect(await list()).toEqual([
      {
        id: "openai/llama3.2:latest",
        name: "llama3.2",
        provider: "openai",
        description: "With a window of 4k tokens",
        contextTokens: 4_096,
        maxReplyTokens: 2_048,
        maxTemperature: 2,
        continues: false,
      },
      expect.objectContaining({ id: "openai/qwen2.5:7b", name: "qwen2.5:7b" }),
    ]);
  });

  it.each([
    ["vLLM", { id: "a/b", max_model_len: 32_768 }, 32_768, 16_384],
    [
      "llama.cpp",
      { id: "/models/tiny.gguf", meta: { n_ctx: 8_192, n_ctx_train: 131_072 } },
      8_192,
      4_096,
    ],
    [
      "OpenRouter",
      {
        id: "a/b",
        context_length: 200_000,
        top_provider: { max_completion_tokens: 8_000 },
      },
      200_000,
      8_000,
    ],
    [
      "Groq",
      { id: "a", context_window: 131_072, max_completion_tokens: 999_999 },
      131_072,
      131_072,
    ],
    ["LM Studio", { id: "a", max_context_length: 10_000 }, 10_000, 5_000],
    [
      "a server that sends nonsense",
      { id: "a", max_model_len: -1 },
      4_096,
      2_048,
    ],
  ])(
    "have the window that %s tells",
    async (_, entry, contextTokens, maxReplyTokens) => {
      server.on("/models", answerWith(200, { data: [entry] }));
      expect(await list()).toEqual([
        expect.objectContaining({ contextTokens, maxReplyTokens }),
      ]);
    },
  );

  it("may come as a bare list, without unreadable entries", async () => {
    server.on("/models", answerWith(200, [{ id: "a" }, {}, null, { id: 7 }]));
    expect((await list()).map(({ id }) => id)).toEqual(["openai/a"]);
  });

  it("are those of MODELS, with details from the endpoint", async () => {
    server.on(
      "/models",
      answerWith(200, {
        data: [{ id: "a", max_model_len: 9_000 }, { id: "c" }],
      }),
    );
    const models = await list([{ model: "a", name: "Ada" }, { model: "x/b" }]);
    expect(models).toEqual([
      expect.objectContaining({
        id: "openai/a",
        name: "Ada",
        contextTokens: 9_000,
      }),
      expect.objectContaining({
        id: "openai/x/b",
        name: "b",
        contextTokens: 4_096,
      }),
    ]);
  });

  it("are those of MODELS if the endpoint has no list", async () => {
    expect(await list([{ model: "a" }])).toHaveLength(1);
  });

  it("continue replies if the setting says so", async () => {
    server.on("/models", answerWith(200, { data: [{ id: "a" }] }));
    const [model] = await list(undefined, { continuation: "vllm" });
    expect(model?.continues).toBe(true);
  });

  it.each([
    ["a wrong key", answerWith(401, {}), "denied"],
    ["a wrong address", answerWith(404, "Not here"), "unreachable"],
    ["a web site", answerWith(200, "<html>"), "unreachable"],
    ["something else", answerWith(200, { models: 3 }), "provider"],
  ])("can't be listed with %s", async (_, answer, reason) => {
    server.on("/models", answer);
    await expect(list()).rejects.toMatchObject({ reason });
  });
});
