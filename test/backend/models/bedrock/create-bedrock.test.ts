import { EventEmitter } from "node:events";
import { createBedrock } from "../../../../app/backend/models/bedrock/create-bedrock";
import {
  blockStopFrame,
  converseReply,
  deltaFrame,
  errorFrame,
  exceptionFrame,
  frame,
  frames,
  metadataFrame,
  refusal,
  startFrame,
  stopFrame,
  textFrame,
} from "../../../support/bedrock-server";
import {
  type Answer,
  server,
  startScriptedServer,
  useScriptedServer,
} from "../../../support/scripted-server";
import {
  assistant,
  keepsTheContract,
  textOf,
  user,
} from "../model-provider-contract";
import { repliesOf } from "../provider-replies";
import { once } from "../../../support/wait-for";

const model = "amazon.nova-pro-v1:0";
const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "example-secret",
};

useScriptedServer();

const providerAt = (endpoint: string, busyMs: number) =>
  createBedrock(
    { region: "us-east-1", endpoint, credentials },
    { connectMs: 5_000, busyMs },
  );

const {
  askOf,
  failingReply,
  replyStoppedAtOnce,
  replyStoppedInSilence,
  replyTo,
} = repliesOf("/converse-stream", model, (_, busyMs) =>
  providerAt(server.url, busyMs),
);

const askedBody = () =>
  JSON.parse(server.requests[0]?.body ?? "") as Record<string, unknown>;

describe("the bedrock provider", () => {
  keepsTheContract(async () => {
    const own = await startScriptedServer();
    own.on("/converse-stream", converseReply("some words ".repeat(20)));
    const provider = providerAt(own.url, 0);
    return {
      provider,
      model,
      released: () => own.idle(),
      close: async () => {
        await provider.close?.();
        await own.close();
      },
    };
  });
});

it("writes 120 replies at once", async () => {
  const together = 120;
  const asked = new EventEmitter().setMaxListeners(together);
  server.on("/converse-stream", async (response, what) => {
    // None ends before the last has begun.
    if (server.requests.length < together) await once(asked, "by all");
    else asked.emit("by all");
    await converseReply("Hi")(response, what);
  });
  const ask = askOf();
  const replies = await Promise.all(Array.from({ length: together }, ask));
  expect(replies.map((events) => textOf(events))).toEqual(
    Array(together).fill("Hi"),
  );
});

describe("the request to Bedrock", () => {
  it("is ConverseStream of the model, signed for the region", async () => {
    await replyTo(converseReply("Hi"));
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "/model/amazon.nova-pro-v1%3A0/converse-stream",
      headers: {
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/us-east-1\/bedrock\//,
        ),
      },
    });
  });

  it("has the system prompt, the messages, the length and the temperature", async () => {
    await replyTo(converseReply("Hi"), {
      messages: [
        { role: "system", text: "Be kind." },
        user("Hello ✓"),
        assistant("Hi"),
        user("And?"),
      ],
      options: { maxTokens: 12, temperature: 0 },
    });
    expect(askedBody()).toEqual({
      system: [{ text: "Be kind." }],
      messages: [
        { role: "user", content: [{ text: "Hello ✓" }] },
        { role: "assistant", content: [{ text: "Hi" }] },
        { role: "user", content: [{ text: "And?" }] },
      ],
      inferenceConfig: { maxTokens: 12, temperature: 0 },
    });
  });

  it("accepts the id of an inference profile, and its ARN", async () => {
    const arn =
      "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc";
    await replyTo(converseReply("Hi"), {
      options: { model: "eu.amazon.nova-pro-v1:0" },
    });
    await replyTo(converseReply("Hi"), { options: { model: arn } });
    const paths = server.requests.map(({ path }) => decodeURIComponent(path));
    expect(paths).toEqual([
      "/model/eu.amazon.nova-pro-v1:0/converse-stream",
      `/model/${arn}/converse-stream`,
    ]);
  });

  it("ends in the text of an interrupted reply, without the white space at its end", async () => {
    const events = await replyTo(converseReply("\n morning."), {
      messages: [user("Greet me"), assistant("Good\n")],
    });
    expect(askedBody()["messages"]).toEqual([
      { role: "user", content: [{ text: "Greet me" }] },
      { role: "assistant", content: [{ text: "Good" }] },
    ]);
    // The line break was there already.
    expect(textOf(events)).toBe(" morning.");
  });

  it("merges the system prompt into the first message for models that refuse it, and remembers them", async () => {
    server.on(
      "/converse-stream",
      refusal(
        400,
        "ValidationException",
        "This model doesn't support system messages. Try again without sending a system message or use a model that supports system messages.",
      ),
      converseReply("Hi"),
    );
    const ask = askOf({
      messages: [{ role: "system", text: "Be kind." }, user("Hello")],
    });
    expect(textOf(await ask())).toBe("Hi");
    await ask();
    const bodies = server.requests.map(
      ({ body }) => JSON.parse(body) as unknown,
    );
    expect(bodies).toHaveLength(3);
    for (const body of bodies.slice(1)) {
      expect(body).toEqual({
        messages: [{ role: "user", content: [{ text: "Be kind.\n\nHello" }] }],
      });
    }
  });

  it("leaves out a begun answer of white space", async () => {
    await replyTo(converseReply("Good morning."), {
      messages: [user("Greet me"), assistant("\n")],
    });
    expect(askedBody()["messages"]).toHaveLength(1);
  });
});

describe("a stream of Bedrock", () => {
  it("gives text, usage and the stop", async () => {
    expect(await replyTo(converseReply("Good morning"))).toEqual([
      { kind: "text", text: "Good morning" },
      { kind: "usage", inputTokens: 7, outputTokens: 11 },
      { kind: "stop", reason: "end" },
    ]);
  });

  it.each([
    ["end_turn", "end"],
    ["stop_sequence", "end"],
    ["max_tokens", "length"],
    ["model_context_window_exceeded", "length"],
    ["content_filtered", "filtered"],
    ["guardrail_intervened", "filtered"],
    ["something_new", "unknown"],
  ])(
    "that stops because of %s gives the stop %s",
    async (stopReason, reason) => {
      const answer = frames([
        startFrame,
        textFrame("A"),
        stopFrame(stopReason),
      ]);
      expect((await replyTo(answer)).at(-1)).toEqual({ kind: "stop", reason });
    },
  );

  it.each([
    ["tool_use", "provider"],
    ["malformed_model_output", "interrupted"],
    ["malformed_tool_use", "interrupted"],
  ])("that stops because of %s fails", async (stopReason, reason) => {
    const answer = frames([startFrame, textFrame("A"), stopFrame(stopReason)]);
    await expect(replyTo(answer)).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(/Try again/),
      forOperator: expect.stringContaining(stopReason),
    });
  });

  it("may end its reasoning in a tag without an opening one", async () => {
    const answer = frames([
      startFrame,
      textFrame("Let me see.\n</th"),
      textFrame("ink>\n\n4"),
      stopFrame(),
    ]);
    expect((await replyTo(answer)).slice(0, 3)).toEqual([
      { kind: "text", text: "Let me see.\n" },
      { kind: "reclassify", as: "reasoning" },
      { kind: "text", text: "4" },
    ]);
  });

  it("may have no text", async () => {
    const answer = frames([startFrame, stopFrame(), metadataFrame(3, 0)]);
    expect(await replyTo(answer)).toEqual([
      { kind: "usage", inputTokens: 3, outputTokens: 0 },
      { kind: "stop", reason: "end" },
    ]);
  });

  it("of 100,000 characters is read to the letter", async () => {
    const long = "Zwölf große Boxkämpfer 🥊 ".repeat(4_000);
    const text = textOf(await replyTo(converseReply(long)));
    expect(text.length).toBeGreaterThan(100_000);
    expect(text).toBe(long);
  });

  it("may be cut into packets anywhere", async () => {
    const bytes = Buffer.concat([
      startFrame,
      textFrame("Größe 🎉"),
      blockStopFrame,
      stopFrame(),
      metadataFrame(1, 2),
    ]);
    for (const size of [1, 3, 7, 64]) {
      const packets: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size)
        packets.push(bytes.subarray(at, at + size));
      expect(textOf(await replyTo(frames(packets)))).toBe("Größe 🎉");
    }
  });

  it("may have reasoning in its own field and in tags", async () => {
    const events = await replyTo(
      frames([
        startFrame,
        deltaFrame({ reasoningContent: { text: "Let me " } }),
        deltaFrame({ reasoningContent: { text: "see." } }),
        deltaFrame({ reasoningContent: { signature: "c2ln" } }),
        textFrame("<think"),
        textFrame("ing> More.</thinking>\n42"),
        stopFrame(),
      ]),
    );
    expect(textOf(events, "reasoning")).toBe("Let me see. More.");
    expect(textOf(events)).toBe("42");
  });

  it("may have unknown events", async () => {
    const answer = frames([
      startFrame,
      frame("contentBlockStart", { start: {}, contentBlockIndex: 0 }),
      frame("somethingNew", { a: 1 }),
      textFrame("Hi"),
      stopFrame(),
    ]);
    expect(textOf(await replyTo(answer))).toBe("Hi");
  });
});

describe("the bedrock provider fails", () => {
  const half = [startFrame, textFrame("Half")];
  const broken = Buffer.from(textFrame("and half"));
  broken[broken.length - 6] = (broken.at(-6) ?? 0) ^ 1;

  const faults: [string, Answer, string, RegExp][] = [
    [
      "throttling that lasts",
      refusal(429, "ThrottlingException", "Too many requests, please wait."),
      "throttled",
      /inference profile.*Too many requests.*request-1/,
    ],
    [
      "tokens of the day used up",
      refusal(429, "ThrottlingException", "Too many tokens per day"),
      "throttled",
      /quotas/,
    ],
    [
      "a quota that is exceeded",
      refusal(400, "ServiceQuotaExceededException", "Quota exceeded"),
      "throttled",
      /quotas/,
    ],
    [
      "access denied by a policy",
      refusal(
        403,
        "AccessDeniedException",
        "User: arn:aws:sts::1:assumed-role/keepsake is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
      ),
      "denied",
      /bedrock:InvokeModelWithResponseStream on amazon\.nova-pro/,
    ],
    [
      "a model that is not enabled",
      refusal(
        403,
        "AccessDeniedException",
        "You don't have access to the model with the specified model ID.",
      ),
      "denied",
      /Model access/,
    ],
    [
      "a model whose form was not filled in",
      refusal(
        404,
        "ResourceNotFoundException",
        "Model use case details have not been submitted for this account.",
      ),
      "denied",
      /form about their use/,
    ],
    [
      "credentials that expired",
      refusal(
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
      ),
      "denied",
      /Pod Identity.*aws sso login/,
    ],
    [
      "credentials that AWS doesn't know",
      refusal(
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
      ),
      "denied",
      /credentials/,
    ],
    [
      "a model that isn't there",
      refusal(
        400,
        "ValidationException",
        "The provided model identifier is invalid.",
      ),
      "unknown-model",
      /MODELS and AWS_REGION/,
    ],
    [
      "a model that was withdrawn",
      refusal(
        404,
        "ResourceNotFoundException",
        "This model version has reached the end of its life.",
      ),
      "unknown-model",
      /withdrawn/,
    ],
    [
      "a model that needs an inference profile",
      refusal(
        400,
        "ValidationException",
        "Invocation of model ID amazon.nova-pro-v1:0 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
      ),
      "unknown-model",
      /us\., eu\., apac\. or global\./,
    ],
    [
      "a prompt that exceeds the window",
      refusal(
        400,
        "ValidationException",
        "Input is too long for requested model.",
      ),
      "too-long",
      /window/,
    ],
    [
      "a prompt that exceeds the window, as Nova says it",
      refusal(
        400,
        "ValidationException",
        "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
      ),
      "too-long",
      /window/,
    ],
    [
      "a reply longer than the model can",
      refusal(
        400,
        "ValidationException",
        "The maximum tokens you requested exceeds the model limit of 10000.",
      ),
      "invalid",
      /model's own limit/,
    ],
    [
      "a request that is refused",
      refusal(400, "ValidationException", "temperature: must be at most 1"),
      "invalid",
      /temperature/,
    ],
    [
      "a prompt that a content filter blocks",
      refusal(
        400,
        "ValidationException",
        "Your request was blocked by our content filters.",
      ),
      "filtered",
      /content filter/,
    ],
    [
      "a model that took too long",
      refusal(408, "ModelTimeoutException", "Timed out"),
      "timed-out",
      /time-out for the model/,
    ],
    [
      "a service that isn't there",
      refusal(503, "ServiceUnavailableException", "Try later"),
      "provider",
      /MODEL_BUSY_SECONDS/,
    ],
    [
      "an error of the service",
      refusal(500, "InternalServerException", "Oops"),
      "provider",
      /Oops/,
    ],
    [
      "an error that nobody knows",
      refusal(418, "TeapotException", "short and stout"),
      "provider",
      /TeapotException: short and stout/,
    ],
    [
      "a web page in its place",
      (response) => {
        response.writeHead(502, { "content-type": "text/html" });
        response.end("<h1>Bad Gateway</h1>");
      },
      "provider",
      /It said/,
    ],
    [
      "throttling inside the stream",
      frames([...half, exceptionFrame("throttlingException", "slow down")]),
      "throttled",
      /slow down/,
    ],
    [
      "a model's error inside the stream",
      frames([
        ...half,
        exceptionFrame("modelStreamErrorException", "The model failed"),
      ]),
      "interrupted",
      /The model failed/,
    ],
    [
      "a validation error inside the stream",
      frames([exceptionFrame("validationException", "Input is too long")]),
      "too-long",
      /window/,
    ],
    [
      "an error of the service inside the stream",
      frames([...half, exceptionFrame("internalServerException", "Oops")]),
      "provider",
      /Oops/,
    ],
    [
      "an error inside the stream that the service's model doesn't have",
      frames([...half, errorFrame("InternalFailure", "Oops")]),
      "provider",
      /Oops/,
    ],
    ["a stream of nothing", frames([]), "interrupted", /before the reply/],
    [
      "a stream that closes early",
      frames(half),
      "interrupted",
      /before the reply/,
    ],
    [
      "a connection that breaks",
      frames(half, "break"),
      "interrupted",
      /before the reply/,
    ],
    [
      "a frame that is cut in the middle",
      frames([...half, textFrame("and half").subarray(0, 40)]),
      "interrupted",
      /Truncated/,
    ],
    [
      "a connection that breaks in the middle of a frame",
      frames([...half, textFrame("and half").subarray(0, 40)], "break"),
      "interrupted",
      /before the reply/,
    ],
    [
      "a frame whose checksum is wrong",
      frames([...half, broken, stopFrame()]),
      "interrupted",
      /checksum/,
    ],
  ];

  it.each(faults)("on %s", async (_, answer, reason, forOperator) => {
    await expect(replyTo(answer, { busyMs: 0 })).rejects.toMatchObject({
      name: "ModelError",
      reason,
      forOperator: expect.stringMatching(forOperator),
      // The visitor reads what to do, and nothing of the service's message.
      message: expect.stringMatching(/try again|choose|lower/i),
    });
  });

  it("after the text that came before an error inside the stream", async () => {
    const { events, error } = await failingReply(
      frames([...half, exceptionFrame("internalServerException", "Oops")]),
    );
    expect(error).toMatchObject({ reason: "provider" });
    expect(textOf(events)).toBe("Half");
  });

  it("if no server listens", async () => {
    await server.close();
    await expect(replyTo(frames([]))).rejects.toMatchObject({
      reason: "unreachable",
      forOperator: expect.stringMatching(/AWS_REGION, DNS/),
    });
  });

  it("with the signal's reason if a silent reply is stopped, and cancels the request", async () => {
    const { error } = await replyStoppedInSilence(frames(half, "hang"));
    expect(error).toMatchObject({ message: "stopped" });
    await server.idle();
  });
});

describe("the bedrock provider waits for a busy model", () => {
  it("as long as Retry-After says, and says so", async () => {
    const events = await replyTo([
      refusal(429, "ThrottlingException", "slow down", {
        "retry-after": "0.05",
      }),
      refusal(429, "ModelNotReadyException", "loading", {
        "retry-after": "0.05",
      }),
      converseReply("Hi"),
    ]);
    expect(events.slice(0, 2)).toEqual([
      { kind: "waiting", ms: 50, message: expect.stringMatching(/busy/) },
      { kind: "waiting", ms: 50, message: expect.any(String) },
    ]);
    expect(textOf(events)).toBe("Hi");
  });

  it("for 2 seconds if the service names no time, or until the reply is stopped", async () => {
    const { events, error } = await replyStoppedAtOnce(
      refusal(429, "ThrottlingException", "wait"),
    );
    expect(error).toMatchObject({ message: "stopped" });
    expect(events).toEqual([
      { kind: "waiting", ms: 2_000, message: expect.any(String) },
    ]);
  });
});
