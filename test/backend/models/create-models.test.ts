import {
  setImmediate as turn,
  setTimeout as sleep,
} from "node:timers/promises";
import pino from "pino";
import { Registry } from "prom-client";
import { createModels } from "../../../app/backend/models/create-models";
import { createEliza } from "../../../app/backend/models/eliza/create-eliza";
import {
  ModelError,
  type ModelEvent,
  type ModelInfo,
  type ModelProvider,
} from "../../../app/backend/models/model";
import type { ModelTimeouts } from "../../../app/backend/models/provider-settings";
import {
  collect,
  neverAborts,
  textOf,
  untilFailure,
  user,
} from "./model-provider-contract";

const patient: ModelTimeouts = {
  connectMs: 60_000,
  firstTokenMs: 60_000,
  betweenTokensMs: 60_000,
  busyMs: 60_000,
};

const info = (id: string): ModelInfo => ({
  id,
  name: id,
  provider: "openai",
  description: "",
  contextTokens: 1_000,
  maxReplyTokens: 1_000,
  continues: false,
});

/** A provider that a test controls. */
function provider(parts: Partial<ModelProvider>): ModelProvider {
  return {
    name: "openai",
    listModels: () => Promise.resolve([info("openai/one")]),
    streamReply: () => says([{ kind: "stop", reason: "end" }]),
    ...parts,
  };
}

async function* says(events: ModelEvent[]): AsyncGenerator<ModelEvent> {
  yield* events;
}

/** Waits until it is aborted, like a server that never answers. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** Models of some providers, with their log and metrics. */
function start(
  providers: ModelProvider[],
  timeouts: Partial<ModelTimeouts> = {},
) {
  const logged: { reason?: string; forOperator?: string }[] = [];
  const log = pino({}, { write: (line) => logged.push(JSON.parse(line)) });
  const clock = { ms: 0 };
  const metrics = new Registry();
  const models = createModels({
    providers,
    timeouts: { ...patient, ...timeouts },
    metrics,
    log,
    now: () => clock.ms,
  });
  const value = async (line: string) =>
    (await metrics.metrics())
      .split("\n")
      .find((metric) => metric.startsWith(`${line} `))
      ?.split(" ")
      .at(-1);
  return { models, logged, clock, value };
}

const hello = [user("hello")];
const replyOf = (
  models: ReturnType<typeof createModels>,
  signal = neverAborts(),
) => models.streamReply("openai/one", hello, {}, signal);
const eliza = createEliza({ delayMs: 0 });

describe("the list of models", () => {
  it("has the models of all providers in order, the first as the default", async () => {
    const { models } = start([eliza, provider({})]);
    const ids = (await models.list()).map((model) => model.id);
    expect(ids).toEqual(["eliza/eliza", "openai/one"]);
    expect((await models.standard())?.id).toBe("eliza/eliza");
    expect((await models.find("openai/one"))?.name).toBe("openai/one");
    expect(await models.find("openai/other")).toBeUndefined();
  });

  it("leaves out a provider that fails, and logs it once", async () => {
    const down = provider({
      listModels: () =>
        Promise.reject(new ModelError("unreachable", "", "Start Ollama.")),
    });
    const { models, logged, clock } = start([down, eliza]);
    for (let time = 0; time < 5; time++) {
      const ids = (await models.list()).map((model) => model.id);
      expect(ids).toEqual(["eliza/eliza"]);
      clock.ms += 60_000;
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatchObject({ forOperator: "Start Ollama." });
  });

  it("refreshes an old list in the background", async () => {
    let asked = 0;
    const counting = provider({
      listModels: () => Promise.resolve([info(`openai/${++asked}`)]),
    });
    const { models, clock } = start([counting]);
    const ids = async () => (await models.list()).map((model) => model.id);
    expect([await ids(), await ids()]).toEqual([["openai/1"], ["openai/1"]]);
    clock.ms += 31_000;
    expect(await ids()).toEqual(["openai/1"]);
    expect(await ids()).toEqual(["openai/2"]);
  });

  it("keeps an old list for 15 minutes if its provider fails", async () => {
    let up = true;
    const flaky = provider({
      listModels: () =>
        up
          ? Promise.resolve([info("openai/one")])
          : Promise.reject(new Error("gone")),
    });
    const { models, clock } = start([flaky]);
    expect(await models.list()).toHaveLength(1);
    up = false;
    clock.ms += 10 * 60_000;
    expect(await models.list()).toHaveLength(1);
    clock.ms += 10 * 60_000;
    expect(await models.list()).toHaveLength(0);
  });

  it("sends one request for concurrent callers", async () => {
    let asked = 0;
    const counting = provider({
      listModels: () => {
        asked++;
        return Promise.resolve([info("openai/one")]);
      },
    });
    const { models } = start([counting]);
    await Promise.all([
      models.list(),
      models.list(),
      models.find("openai/one"),
    ]);
    expect(asked).toBe(1);
  });
});

describe("a reply", () => {
  it("comes from the model of its id, and is counted by model", async () => {
    const { models, value } = start([eliza]);
    const events = await collect(
      models.streamReply(
        "eliza/eliza",
        [user("write 5 words")],
        {},
        neverAborts(),
      ),
    );
    expect(textOf(events).split(" ")).toHaveLength(5);
    const label = 'model="eliza/eliza"';
    const count = (name: string, more = "") =>
      value(`keepsake_model_${name}{${label}${more}}`);
    expect(await count("replies_total", ',outcome="complete"')).toBe("1");
    expect(await count("tokens_total", ',direction="output"')).toBe("5");
    expect(await count("tokens_total", ',direction="input"')).toBe("3");
    expect(await count("first_token_seconds_count")).toBe("1");
  });

  it("is measured in tokens per second, from the first token to the last", async () => {
    const { models, clock, value } = start([
      provider({
        async *streamReply() {
          clock.ms += 500;
          yield { kind: "text", text: "One" };
          clock.ms += 2_000;
          yield { kind: "usage", inputTokens: 1, outputTokens: 60 };
          yield { kind: "stop", reason: "end" };
        },
      }),
    ]);
    await collect(replyOf(models));
    const sum = (name: string) =>
      value(`keepsake_model_${name}_sum{model="openai/one"}`);
    expect(await sum("tokens_per_second")).toBe("30");
    expect(await sum("first_token_seconds")).toBe("0.5");
  });

  it("fails with advice if the model was withdrawn", async () => {
    const { models, value } = start([provider({})]);
    const reply = collect(
      models.streamReply("openai/withdrawn", hello, {}, neverAborts()),
    );
    await expect(reply).rejects.toMatchObject({
      reason: "unknown-model",
      message: expect.stringMatching(/Choose another one/),
      forOperator: expect.stringContaining("openai/withdrawn"),
    });
    const failures = "keepsake_model_failures_total";
    expect(
      await value(`${failures}{model="unknown",reason="unknown-model"}`),
    ).toBe("1");
  });

  it("is no longer than its model allows", async () => {
    const asked: (number | undefined)[] = [];
    const { models } = start([
      provider({
        streamReply: (_messages, { maxTokens }) => {
          asked.push(maxTokens);
          return says([{ kind: "stop", reason: "end" }]);
        },
      }),
    ]);
    for (const maxTokens of [5_000, 500, undefined]) {
      const options = { maxTokens };
      await collect(
        models.streamReply("openai/one", hello, options, neverAborts()),
      );
    }
    expect(asked).toEqual([1_000, 500, undefined]);
  });

  it("is attempted while the provider's list is unknown", async () => {
    const { models } = start([
      provider({
        listModels: () => Promise.reject(new Error("listing is forbidden")),
        streamReply: () => says([{ kind: "text", text: "Here I am" }]),
      }),
    ]);
    const events = await collect(
      models.streamReply("openai/any", hello, {}, neverAborts()),
    );
    expect(textOf(events)).toBe("Here I am");
  });

  it("fails if the model does not begin in time, and cancels the request", async () => {
    let cancelled = false;
    const { models, value } = start(
      [
        provider({
          async *streamReply(_messages, _options, signal) {
            signal.addEventListener("abort", () => (cancelled = true));
            yield await silence(signal);
          },
        }),
      ],
      { firstTokenMs: 5 },
    );
    const reply = collect(replyOf(models));
    await expect(reply).rejects.toMatchObject({
      reason: "timed-out",
      forOperator: expect.stringContaining("MODEL_FIRST_TOKEN_SECONDS"),
    });
    expect(cancelled).toBe(true);
    expect(
      await value(
        'keepsake_model_failures_total{model="openai/one",reason="timed-out"}',
      ),
    ).toBe("1");
  });

  it("fails if the model pauses for too long, and keeps its text", async () => {
    const { models } = start(
      [
        provider({
          async *streamReply(_messages, _options, signal) {
            yield { kind: "text", text: "One" };
            await silence(signal);
          },
        }),
      ],
      { betweenTokensMs: 5 },
    );
    const { events, error } = await untilFailure(replyOf(models));
    expect(error).toMatchObject({
      forOperator: expect.stringContaining("MODEL_BETWEEN_TOKENS_SECONDS"),
    });
    expect(textOf(events)).toBe("One");
  });

  it("fails in time even if the provider ignores the abort", async () => {
    const { models } = start(
      [
        provider({
          async *streamReply() {
            yield await new Promise<never>(() => {});
          },
        }),
      ],
      { firstTokenMs: 5 },
    );
    const reply = collect(replyOf(models));
    await expect(reply).rejects.toMatchObject({ reason: "timed-out" });
  });

  it("may wait as long as its provider asks for", async () => {
    const { models } = start(
      [
        provider({
          async *streamReply() {
            yield { kind: "waiting", ms: 60_000, message: "Busy." };
            await sleep(50);
            yield { kind: "text", text: "Now" };
          },
        }),
      ],
      { firstTokenMs: 20 },
    );
    const events = await collect(replyOf(models));
    expect(textOf(events)).toBe("Now");
  });

  it("ends with the signal's reason if it is stopped, which is no failure", async () => {
    let cancelled = false;
    const { models, value } = start([
      provider({
        async *streamReply(_messages, _options, signal) {
          signal.addEventListener("abort", () => (cancelled = true));
          yield { kind: "text", text: "One" };
          await silence(signal);
        },
      }),
    ]);
    const controller = new AbortController();
    const { error } = await untilFailure(
      replyOf(models, controller.signal),
      () => setImmediate(() => controller.abort(new Error("stopped"))),
    );
    expect(error).toMatchObject({ message: "stopped" });
    expect(cancelled).toBe(true);
    expect(
      await value(
        'keepsake_model_replies_total{model="openai/one",outcome="stopped"}',
      ),
    ).toBe("1");
  });

  it("leaves no unhandled rejection if it is stopped between two events", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const { models } = start([
      provider({
        async *streamReply(_messages, _options, signal) {
          yield { kind: "text", text: "One" };
          signal.throwIfAborted();
        },
      }),
    ]);
    const controller = new AbortController();
    const { error } = await untilFailure(
      replyOf(models, controller.signal),
      () => controller.abort(new Error("stopped")),
    );
    expect(error).toMatchObject({ message: "stopped" });
    await turn();
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it("cancels the request when its consumer leaves", async () => {
    const aborted: boolean[] = [];
    const { models } = start([
      provider({
        async *streamReply(_messages, _options, signal) {
          signal.addEventListener("abort", () => aborted.push(true));
          yield { kind: "text", text: "One" };
          yield { kind: "text", text: "Two" };
        },
      }),
    ]);
    for await (const _ of replyOf(models)) break;
    expect(aborted).toEqual([true]);
  });

  it("hides the details of an unexpected error", async () => {
    const { models } = start([
      provider({
        streamReply: () => {
          throw new TypeError("secret internals");
        },
      }),
    ]);
    const reply = collect(replyOf(models));
    await expect(reply).rejects.toMatchObject({
      reason: "provider",
      message: expect.not.stringContaining("secret"),
      forOperator: expect.stringContaining("secret internals"),
    });
  });
});
