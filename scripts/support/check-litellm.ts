import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { key, mocked, startLiteLLM } from "./litellm";
import { ask, Checks, modelsFor, said } from "./model-checks";

const event = (delta: Record<string, unknown>, finish: string | null = null) =>
  `data: ${JSON.stringify({
    id: "1",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;

/** Upstream servers of some of the proxy's models, by the first segment of their path. */
const upstreams: Record<string, (response: ServerResponse) => void> = {
  thoughtful: (response) =>
    response.end(
      `${event({ role: "assistant", reasoning_content: "Let me see." })}${event({ content: "42" })}${event({}, "stop")}data: [DONE]\n\n`,
    ),
  breaking: (response) =>
    response.write(event({ content: "Half of it" }), () =>
      setTimeout(() => response.socket?.destroy(), 300),
    ),
  endless: (response) => {
    const timer = setInterval(
      () => response.write(event({ content: "and " })),
      20,
    );
    response.once("close", () => clearInterval(timer));
  },
};

async function main(): Promise<void> {
  const upstream = createServer((request, response) => {
    const name = request.url?.split("/")[1] ?? "";
    response.writeHead(200, { "content-type": "text/event-stream" });
    upstreams[name]?.(response);
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const address = upstream.address();
  const port = typeof address === "object" ? address?.port : address;
  console.log("Starting LiteLLM…");
  const proxy = await startLiteLLM(
    process.env["LITELLM"] ?? "litellm",
    `http://127.0.0.1:${port}`,
  );
  try {
    process.exitCode = (await checkAll(proxy.baseUrl)) ? 0 : 1;
  } finally {
    await proxy.stop();
    upstream.closeAllConnections();
    upstream.close();
  }
}

async function checkAll(baseUrl: string): Promise<boolean> {
  const checks = new Checks();
  const env = {
    MODEL_PROVIDER: "openai",
    OPENAI_BASE_URL: baseUrl,
    OPENAI_API_KEY: key,
    MODEL_BUSY_SECONDS: "0",
  };
  const models = modelsFor(env);
  const fails = async (id: string, reason: string, detail: RegExp) => {
    const { error } = await ask(models, `openai/${id}`, "Hello");
    assert.equal(reasonOf(error), reason);
    assert.match(
      String((error as { forOperator?: string }).forOperator),
      detail,
    );
  };

  await checks.check("lists the proxy's models", async () => {
    const ids = (await models.list()).map(({ id }) => id);
    assert.ok(ids.includes("openai/mocked"), ids.join());
  });
  await checks.check("streams a reply verbatim, with its usage", async () => {
    const { events, error } = await ask(models, "openai/mocked", "Hello");
    assert.equal(error, undefined);
    assert.equal(said(events), mocked);
    assert.ok(events.filter(({ kind }) => kind === "text").length > 5);
    assert.ok(events.some(({ kind }) => kind === "usage"));
    assert.deepEqual(events.at(-1), { kind: "stop", reason: "end" });
  });
  await checks.check("streams a reply of 100,000 characters", async () => {
    const { events } = await ask(models, "openai/long", "Hello");
    assert.equal(said(events), "word ".repeat(20_000));
  });
  await checks.check("writes ten replies at once", async () => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => ask(models, "openai/mocked", "Hello")),
    );
    for (const { events } of replies) assert.equal(said(events), mocked);
  });
  await checks.check("keeps reasoning separate from the answer", async () => {
    const { events } = await ask(models, "openai/thoughtful", "Hello");
    assert.equal(said(events, "reasoning"), "Let me see.");
    assert.equal(said(events), "42");
  });
  await checks.check("stops a reply in the middle", async () => {
    const stop = new AbortController();
    const { events, error } = await ask(
      models,
      "openai/endless",
      "Hello",
      stop.signal,
      () => stop.abort("stopped"),
    );
    assert.equal(error, "stopped");
    assert.notEqual(said(events), "");
  });
  await checks.check("reports a rate limit", () =>
    fails("busy", "throttled", /429/),
  );
  await checks.check("reports an overlong prompt", () =>
    fails("full", "too-long", /window/),
  );
  await checks.check("reports a server error", () =>
    fails("faulty", "provider", /500/),
  );
  await checks.check(
    "reports a stream that broke behind the proxy",
    async () => {
      const { events, error } = await ask(models, "openai/breaking", "Hello");
      assert.equal(said(events), "Half of it");
      assert.match(reasonOf(error), /^(?:interrupted|provider)$/);
    },
  );
  await checks.check("reports a missing model", async () => {
    const { error } = await ask(
      modelsFor({ ...env, MODELS: "nowhere" }),
      "openai/nowhere",
      "Hello",
    );
    assert.equal(reasonOf(error), "unknown-model");
  });
  await checks.check("reports a wrong key", async () => {
    const OPENAI_API_KEY = "sk-wrong";
    const wrong = modelsFor({ ...env, OPENAI_API_KEY, MODELS: "mocked" });
    const { error } = await ask(wrong, "openai/mocked", "Hello");
    assert.equal(reasonOf(error), "denied");
  });
  await checks.check("reports a wrong address", async () => {
    const OPENAI_BASE_URL = `${baseUrl}/nowhere`;
    const lost = modelsFor({ ...env, OPENAI_BASE_URL, MODELS: "mocked" });
    const { error } = await ask(lost, "openai/mocked", "Hello");
    assert.equal(reasonOf(error), "unreachable");
  });
  await models.close();
  console.log(`${checks.passed} passed, ${checks.failed} failed`);
  return checks.failed === 0;
}

function reasonOf(error: unknown): string {
  return typeof error === "object" && error !== null && "reason" in error
    ? String(error.reason)
    : `no ModelError but ${String(error)}`;
}

void main();
