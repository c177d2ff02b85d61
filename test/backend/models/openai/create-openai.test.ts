import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type {
  ModelEvent,
  ModelMessage,
} from "../../../../app/backend/models/model";
import type { OpenAISettings } from "../../../../app/backend/models/provider-settings";
import { createOpenAI } from "../../../../app/backend/models/openai/create-openai";
import {
  answerWith,
  beginStream,
  completeReply,
  deltaEvent,
  doneEvent,
  event,
  finishEvent,
  send,
  settingsFor,
  stream,
  streamAndBreak,
  streamAndHang,
  textEvent,
  usageEvent,
} from "../../../support/openai-server";
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

useScriptedServer();

const {
  askOf,
  failingReply,
  replyStoppedAtOnce,
  replyStoppedInSilence,
  replyTo,
  streamsOf,
} = repliesOf<OpenAISettings>("/chat/completions", "m", (settings, busyMs) =>
  createOpenAI(
    { ...settingsFor(server), ...settings },
    { connectMs: 5_000, busyMs },
  ),
);

const stopped = { kind: "stop", reason: "end" };
const bodies = () =>
  server.requests.map(
    ({ body }) => JSON.parse(body) as Record<string, unknown>,
  );

describe("the openai provider", () => {
  keepsTheContract(async () => {
    const own = await startScriptedServer();
    own.on("/models", answerWith(200, { data: [{ id: "m" }] }));
    own.on("/chat/completions", completeReply("some words ".repeat(20)));
    const subject = createOpenAI(
      { ...settingsFor(own), baseUrl: `${own.url}/v1/` },
      { connectMs: 5_000, busyMs: 0 },
    );
    return {
      provider: subject,
      model: "m",
      released: () => own.idle(),
      close: async () => {
        await subject.close?.();
        await own.close();
      },
    };
  });
});

const refuse = (message: string) =>
  answerWith(400, { error: { message, type: "invalid_request_error" } });

describe("the request to an OpenAI-compatible server", () => {
  it("asks for a streamed completion with usage", async () => {
    await replyTo(completeReply("Hi"), {
      messages: [{ role: "system", text: "Be kind." }, user("Hello ✓")],
      options: { model: "meta/llama:3", maxTokens: 12, temperature: 0 },
    });
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
    });
    expect(bodies()[0]).toEqual({
      model: "meta/llama:3",
      messages: [
        { role: "system", content: "Be kind." },
        { role: "user", content: "Hello ✓" },
      ],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 12,
      temperature: 0,
    });
  });

  it("has the key, the organization, the project and additional headers", async () => {
    await replyTo(completeReply("Hi"), {
      settings: {
        apiKey: "sk-1",
        organization: "org-1",
        project: "proj-1",
        headers: { "X-Team": "blue", "User-Agent": "ours" },
      },
    });
    expect(server.requests[0]?.headers).toMatchObject({
      authorization: "Bearer sk-1",
      "openai-organization": "org-1",
      "openai-project": "proj-1",
      "x-team": "blue",
      "user-agent": "ours",
    });
  });

  it("has the address's user and password in a header", async () => {
    const baseUrl = `${server.url.replace("//", "//joe:h%20ush@")}/v1`;
    await replyTo(completeReply("Hi"), { settings: { baseUrl } });
    expect(server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from("joe:h ush").toString("base64")}`,
    );
  });

  it("keeps the query of the address", async () => {
    const baseUrl = `${server.url}/v1/?api-version=2024-10-21#top`;
    server.on("/chat/completions?api-version=2024-10-21", completeReply("Hi"));
    await askOf({ settings: { baseUrl } })();
    expect(server.requests[0]?.path).toBe(
      "/v1/chat/completions?api-version=2024-10-21",
    );
  });

  it("has no authorization without a key", async () => {
    await replyTo(completeReply("Hi"));
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["prefill", undefined],
    ["vllm", true],
  ] as const)(
    "continues an interrupted reply in the way of %s",
    async (continuation, flag) => {
      await replyTo(completeReply("ning."), {
        settings: { continuation },
        messages: [user("Greet me"), assistant("Good mor")],
      });
      expect(bodies()[0]?.["messages"]).toEqual([
        { role: "user", content: "Greet me" },
        { role: "assistant", content: "Good mor" },
      ]);
      expect(bodies()[0]?.["continue_final_message"]).toBe(flag);
    },
  );

  it("adapts to servers that refuse max_tokens, stream_options or temperature, and remembers it", async () => {
    server.on(
      "/chat/completions",
      refuse(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      ),
      refuse("Unrecognized request argument supplied: stream_options"),
      refuse(
        "Unsupported value: 'temperature' does not support 0.5 with this model. Only the default (1) value is supported.",
      ),
      completeReply("Hi"),
    );
    const ask = askOf({ options: { maxTokens: 5, temperature: 0.5 } });
    expect(textOf(await ask())).toBe("Hi");
    await ask();
    expect(bodies()).toHaveLength(5);
    for (const body of bodies().slice(3)) {
      expect(body["max_completion_tokens"]).toBe(5);
      for (const name of ["max_tokens", "stream_options", "temperature"])
        expect(body).not.toHaveProperty(name);
    }
  });
});

describe("a server that refuses the system role", () => {
  const messages: ModelMessage[] = [
    { role: "system", text: "Be kind." },
    user("Hello"),
    assistant("Hi"),
    user("And?"),
  ];

  it.each([
    [400, "System role not supported"],
    [500, "Jinja Exception: System role not supported"],
    [
      400,
      "Conversation roles must alternate user/assistant/user/assistant/...",
    ],
    [400, "Only user and assistant roles are supported!"],
    [400, "Developer instruction is not enabled for models/gemma-3-27b-it"],
    [
      400,
      "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
    ],
    [
      400,
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter',
    ],
  ])(
    "gets the system prompt in the first message after %i %s",
    async (status, message) => {
      server.on(
        "/chat/completions",
        answerWith(status, { error: { message } }),
        completeReply("Fine"),
      );
      const ask = askOf({ messages });
      expect(textOf(await ask())).toBe("Fine");
      await ask();
      expect(bodies()).toHaveLength(3);
      for (const body of bodies().slice(1)) {
        expect(body["messages"]).toEqual([
          { role: "user", content: "Be kind.\n\nHello" },
          { role: "assistant", content: "Hi" },
          { role: "user", content: "And?" },
        ]);
      }
    },
  );
});

const both = (text: string, finish: string | null = null) =>
  event({
    choices: [{ text, delta: { content: text }, finish_reason: finish }],
  });
const whole = (content: string, finish: string | null = null) =>
  event({ choices: [{ message: { content }, finish_reason: finish }] });

const pausingAfterFinish: Answer = async (response) => {
  beginStream(response);
  for (const part of ["The ", "end"]) {
    await send(response, deltaEvent({ content: part }, "stop"));
    await sleep(2_200);
  }
  response.end(doneEvent);
};

describe("a response of an OpenAI-compatible server", () => {
  it("gives text, usage and the stop", async () => {
    expect(await replyTo(completeReply("Good morning"))).toEqual([
      { kind: "text", text: "Good morning" },
      { kind: "usage", inputTokens: 7, outputTokens: 11 },
      stopped,
    ]);
  });

  it.each([
    ["stop", "end"],
    ["eos", "end"],
    ["eos_token", "end"],
    ["eosFound", "end"],
    ["stop_sequence", "end"],
    ["end_turn", "end"],
    ["COMPLETE", "end"],
    ["length", "length"],
    ["max_tokens", "length"],
    ["MAX_TOKENS", "length"],
    ["model_length", "length"],
    ["contextLengthReached", "length"],
    ["maxPredictedTokensReached", "length"],
    ["ERROR_LIMIT", "length"],
    ["content_filter", "filtered"],
    ["SAFETY", "filtered"],
    ["RECITATION", "filtered"],
    ["PROHIBITED_CONTENT", "filtered"],
    ["refusal", "filtered"],
    ["sensitive", "filtered"],
    ["ERROR_TOXIC", "filtered"],
    ["something_new", "unknown"],
  ])("that stops because of %s gives the stop %s", async (finish, reason) => {
    const events = await replyTo(
      stream(textEvent("A"), finishEvent(finish), doneEvent),
    );
    expect(events.at(-1)).toEqual({ kind: "stop", reason });
  });

  it.each([
    ["error", "interrupted"],
    ["abort", "interrupted"],
    ["cancelled", "interrupted"],
    ["USER_CANCEL", "interrupted"],
    ["timeout", "interrupted"],
    ["network_error", "interrupted"],
    ["insufficient_system_resource", "interrupted"],
    ["MALFORMED_FUNCTION_CALL", "interrupted"],
    ["modelUnloaded", "interrupted"],
    ["unload", "interrupted"],
    ["pause_turn", "interrupted"],
    ["other", "interrupted"],
    ["tool_calls", "provider"],
    ["function_call", "provider"],
  ])(
    "that stops because of %s fails after its text",
    async (finish, reason) => {
      const answer = stream(textEvent("Half"), finishEvent(finish), doneEvent);
      const { events, error } = await failingReply(answer);
      expect(textOf(events)).toBe("Half");
      expect(error).toMatchObject({
        reason,
        message: expect.stringMatching(/Try again/),
        forOperator: expect.stringContaining(finish),
      });
    },
  );

  it("may have no text", async () => {
    const events = await replyTo(
      stream(finishEvent(), usageEvent(3, 0), doneEvent),
    );
    expect(events).toEqual([
      { kind: "usage", inputTokens: 3, outputTokens: 0 },
      stopped,
    ]);
  });

  it("of 100,000 characters is read to the letter", async () => {
    const long = "Zwölf große Boxkämpfer 🥊 ".repeat(4_000);
    const text = textOf(await replyTo(completeReply(long)));
    expect(text.length).toBeGreaterThan(100_000);
    expect(text).toBe(long);
  });

  it("of 100,000 characters in one event is read to the letter", async () => {
    const long = "ö".repeat(100_000);
    const reply = stream(textEvent(long), finishEvent(), doneEvent);
    expect(textOf(await replyTo(reply))).toBe(long);
  });

  it("may be cut into packets anywhere", async () => {
    const bytes = Buffer.from(
      `: hi\r\n\r\n${textEvent("Größe 🎉")}${deltaEvent({ reasoning: "hm…" })}${finishEvent()}${usageEvent(1, 2)}${doneEvent}`,
    );
    for (let size = 1; size <= 7; size++) {
      const packets: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size)
        packets.push(bytes.subarray(at, at + size));
      const events = await replyTo(stream(...packets));
      expect(textOf(events)).toBe("Größe 🎉");
      expect(textOf(events, "reasoning")).toBe("hm…");
    }
  });

  const quirks: [string, string[]][] = [
    [
      "lines that end in CR LF",
      [textEvent("Hi"), finishEvent(), doneEvent].map((text) =>
        text.replaceAll("\n", "\r\n"),
      ),
    ],
    [
      "lines that end in CR",
      [textEvent("Hi"), finishEvent(), doneEvent].map((text) =>
        text.replaceAll("\n", "\r"),
      ),
    ],
    [
      "comments and keep-alives",
      [
        ": OPENROUTER PROCESSING\n\n",
        ":\n\n",
        textEvent("H"),
        ": ping - 2026-01-01\n\n",
        textEvent("i"),
        "event: ping\ndata: \n\n",
        finishEvent(),
        doneEvent,
      ],
    ],
    ["no [DONE]", [textEvent("Hi"), finishEvent()]],
    ["no finish reason", [textEvent("Hi"), doneEvent]],
    ["no empty line at the end", [textEvent("Hi"), finishEvent().trimEnd()]],
    [
      "data over several lines",
      [
        'data: {"choices":\ndata: [{"delta":\ndata: {"content":"Hi"}}]}\n\n',
        finishEvent(),
      ],
    ],
    [
      "no space after the colon",
      [textEvent("Hi").replace("data: ", "data:"), finishEvent()],
    ],
    [
      "ids, retries and event names",
      [
        "retry: 3000\n\n",
        `id: 1\nevent: message\n${textEvent("Hi")}`,
        finishEvent(),
      ],
    ],
    [
      "a byte order mark",
      [`\u{FEFF}${textEvent("Hi")}`, finishEvent(), doneEvent],
    ],
    [
      "missing and null fields",
      [
        event({}),
        event({ choices: null }),
        event({ choices: [{}] }),
        event({ choices: [{ delta: null }] }),
        textEvent(null),
        event({ choices: [{ delta: { content: "Hi" } }], usage: null }),
        event({ choices: [{ delta: { tool_calls: [] }, finish_reason: "" }] }),
        finishEvent(),
      ],
    ],
    [
      "usage in every event",
      [
        event({
          choices: [{ delta: { content: "Hi" } }],
          usage: { prompt_tokens: 1, completion_tokens: 1 },
        }),
        event({
          choices: [{ delta: {}, finish_reason: "stop" }],
          usage: { prompt_tokens: 1, completion_tokens: 2 },
        }),
        doneEvent,
      ],
    ],
    [
      "text in parts",
      [
        event({
          choices: [{ delta: { content: [{ type: "text", text: "Hi" }] } }],
        }),
        finishEvent(),
      ],
    ],
    [
      "a message in place of a delta",
      [event({ choices: [{ message: { content: "Hi" } }] }), finishEvent()],
    ],
    [
      "several choices",
      [
        event({
          choices: [
            { delta: { content: "Hi" } },
            { delta: { content: "other" } },
          ],
        }),
        finishEvent(),
      ],
    ],
    [
      "text after the usage",
      [usageEvent(1, 1), textEvent("Hi"), finishEvent(), doneEvent],
    ],
  ];

  const whichRepeat: [string, string[]][] = [
    ["text and delta", [both("The "), both("end"), both("", "stop")]],
    [
      "a last event with the whole message",
      [textEvent("The "), textEvent("end"), whole("The end", "stop")],
    ],
    [
      "a last event with the whole message beside an empty delta",
      [
        textEvent("The "),
        textEvent("end"),
        event({
          choices: [
            {
              delta: { content: "" },
              message: { content: "The end" },
              finish_reason: "stop",
            },
          ],
        }),
      ],
    ],
    [
      "a last delta with the whole text",
      [
        textEvent("The "),
        textEvent("end"),
        deltaEvent({ content: "The end" }, "stop"),
      ],
    ],
    [
      "a last delta with the whole text and its last word",
      [textEvent("The "), deltaEvent({ content: "The end" }, "stop")],
    ],
    [
      "cumulative deltas",
      ["T", "The", "The ", "The e", "The end"].map(textEvent),
    ],
    ["two cumulative deltas", ["The ", "The end"].map(textEvent)],
    [
      "cumulative messages",
      ["T", "The ", "The end"].map((text) => whole(text)),
    ],
    [
      "cumulative texts",
      ["T", "The ", "The end"].map((text) => event({ choices: [{ text }] })),
    ],
    [
      "a finish reason in each event",
      [
        deltaEvent({ content: "The " }, "stop"),
        deltaEvent({ content: "end" }, "stop"),
      ],
    ],
    [
      "the finish reason null as a word",
      [deltaEvent({ content: "The " }, "null"), textEvent("end")],
    ],
  ];

  it.each(whichRepeat)("gives each word once from %s", async (_, parts) => {
    const events = await replyTo(stream(...parts, doneEvent));
    expect(textOf(events)).toBe("The end");
    expect(events.at(-1)).toEqual(stopped);
  });

  it.each([
    ["1", "1", "1", "1"],
    ["ha", "ha", "haha"],
    ["1", "10", "0"],
    ["=", "==", "=", "===="],
    ["\n", "\n\n", "Hi"],
  ])("keeps a text that only looks cumulative: %j %j %j", async (...pieces) => {
    const parts = [...pieces.map(textEvent), finishEvent(), doneEvent];
    expect(textOf(await replyTo(stream(...parts)))).toBe(pieces.join(""));
  });

  it("gives cumulative reasoning once, also if it is copied into the content", async () => {
    const deltas = ["Let", "Let me", "Let me see"].map((text) =>
      deltaEvent({ reasoning_content: text, content: text }),
    );
    const events = await replyTo(
      stream(...deltas, textEvent("42"), finishEvent(), doneEvent),
    );
    expect(textOf(events, "reasoning")).toBe("Let me see");
    expect(textOf(events)).toBe("42");
  });

  it("may pause after an early finish reason", async () => {
    expect(textOf(await replyTo(pausingAfterFinish))).toBe("The end");
  });

  const sse = [textEvent("Hi"), finishEvent(), doneEvent].join("");
  const chunks = [textEvent("Hi"), finishEvent()].map((text) =>
    text.slice("data: ".length).trim(),
  );
  const completion = {
    object: "chat.completion",
    choices: [{ message: { content: "Hi" }, finish_reason: "stop" }],
  };
  it.each([
    ["events as text/plain", "text/plain", sse],
    ["events as application/json", "application/json", sse],
    ["events as text/html", "text/html", sse],
    ["events without a type", "", sse],
    [
      "a whole reply as text/event-stream",
      "text/event-stream",
      JSON.stringify(completion),
    ],
    [
      "a whole reply on several lines",
      "text/event-stream",
      JSON.stringify(completion, null, 2),
    ],
    ["a whole reply as text/plain", "text/plain", JSON.stringify(completion)],
    [
      "chunks on lines",
      "application/x-ndjson",
      [...chunks, "[DONE]"].join("\n"),
    ],
    ["chunks on lines as events", "text/event-stream", chunks.join("\n")],
    ["an array of chunks", "application/json", `[${chunks.join(",\n")}]`],
  ])("may be %s", async (_, type, body) => {
    const headers = type === "" ? {} : { "content-type": type };
    const events = await replyTo((response) => {
      response.writeHead(200, headers).end(body);
    });
    expect(textOf(events)).toBe("Hi");
    expect(events.at(-1)).toEqual(stopped);
  });

  it("of chunks on lines is read as it comes", async () => {
    const [first = "", ...rest] = chunks;
    const events: ModelEvent[] = [];
    const reading = new EventEmitter();
    const read = once(reading, "first");
    server.on("/chat/completions", async (response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      await send(response, `${first}\n`);
      await read;
      response.end(rest.join("\n"));
    });
    for await (const one of streamsOf()()) {
      events.push(one);
      reading.emit("first");
    }
    expect(textOf(events)).toBe("Hi");
  });

  it.each(quirks)("may have %s", async (_, parts) => {
    const events = await replyTo(stream(...parts));
    expect(textOf(events)).toBe("Hi");
    expect(events.at(-1)).toEqual(stopped);
  });

  it("counts the last usage if there are several", async () => {
    const events = await replyTo(
      stream(usageEvent(1, 1), usageEvent(1, 9), finishEvent(), doneEvent),
    );
    expect(events).toContainEqual({
      kind: "usage",
      inputTokens: 1,
      outputTokens: 9,
    });
  });

  it("ends while its server keeps the connection open", async () => {
    const answer = streamAndHang(textEvent("Hi"), finishEvent(), doneEvent);
    expect(textOf(await replyTo(answer))).toBe("Hi");
  });

  it("is complete if the connection breaks after its finish reason", async () => {
    const answer = streamAndBreak(textEvent("Hi"), finishEvent());
    expect(textOf(await replyTo(answer))).toBe("Hi");
  });

  it("may come whole", async () => {
    const events = await replyTo(
      answerWith(200, {
        object: "chat.completion",
        choices: [
          {
            message: { role: "assistant", content: "<think>Hm.</think>Hi" },
            finish_reason: "length",
          },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 2 },
      }),
    );
    expect(events).toEqual([
      { kind: "reasoning", text: "Hm." },
      { kind: "text", text: "Hi" },
      { kind: "usage", inputTokens: 1, outputTokens: 2 },
      { kind: "stop", reason: "length" },
    ]);
  });
});

const letters = (text: string) => Array.from(text);

describe("reasoning of an OpenAI-compatible server", () => {
  it.each([
    ["reasoning_content", { reasoning_content: "Let me see." }],
    ["reasoning", { reasoning: "Let me see.", content: null }],
    [
      "both at once",
      { reasoning: "Let me see.", reasoning_content: "Let me see." },
    ],
    [
      "parts",
      {
        content: [
          {
            type: "thinking",
            thinking: [{ type: "text", text: "Let me see." }],
          },
        ],
      },
    ],
  ])("is separated in %s", async (_, delta) => {
    const events = await replyTo(
      stream(deltaEvent(delta), textEvent("42"), finishEvent(), doneEvent),
    );
    expect(textOf(events, "reasoning")).toBe("Let me see.");
    expect(textOf(events)).toBe("42");
  });

  it.each([
    ["in one piece", ["<think>Let me see.</think>\n\n42"]],
    ["letter by letter", letters("<think>Let me see.</think>\n\n42")],
    [
      "after white space",
      ["\n", "<thi", "nk>\nLet me see.", "</think>", "\n", "\n42"],
    ],
    ["as <thinking>", ["<thinking>Let me see.</think", "ing> 42"]],
  ])("is separated in <think> tags %s", async (_, parts) => {
    const events = await replyTo(
      stream(...parts.map(textEvent), finishEvent(), doneEvent),
    );
    expect(textOf(events, "reasoning")).toBe("Let me see.");
    expect(textOf(events)).toBe("42");
  });

  it.each([
    ["an answer that speaks of the tag", "Use <think> and </think> around it."],
    ["an answer that begins with a less-than sign", "<thin> ice"],
    ["an answer that is cut in what could be a tag", "<thi"],
  ])("is not seen in %s", async (_, text) => {
    const events = await replyTo(
      stream(...letters(text).map(textEvent), finishEvent(), doneEvent),
    );
    expect(textOf(events)).toBe(text);
    expect(textOf(events, "reasoning")).toBe("");
  });

  const reclassified = { kind: "reclassify", as: "reasoning" };

  it.each([
    ["in one piece", ["Let me see.\n</think>\n\n42"]],
    ["letter by letter", letters("Let me see.\n</think>\n\n42")],
    ["at the end of a line", ["Let me see.</think>\n", "\n42"]],
    ["at the beginning of a line", ["Let me see.\n</think>42"]],
    ["cut in pieces", ["Let me see.\n</", "think", ">", " \n", "42"]],
    ["in blocks of code", ["Let me see.\n```\nx\n```\n</think>\n42"]],
  ])("is separated without an opening tag, %s", async (_, parts) => {
    const events = await replyTo(
      stream(...parts.map(textEvent), finishEvent(), doneEvent),
    );
    const at = events.findIndex(({ kind }) => kind === "reclassify");
    const before = textOf(events.slice(0, Math.max(at, 0)));
    expect(before + textOf(events, "reasoning")).toMatch(/^Let me see\.[^4]*$/);
    expect(textOf(events.slice(at + 1))).toBe("42");
  });

  it("is separated from the first word on, once the model is known to leave out the opening tag", async () => {
    const implied = [
      textEvent("Hm.\n</think>\n\n42"),
      finishEvent(),
      doneEvent,
    ];
    const answer = [textEvent("Hm."), textEvent("\n</think>\n\n42")];
    const plain = [textEvent("Just "), textEvent("42")];
    server.on(
      "/chat/completions",
      stream(...implied),
      stream(...answer, finishEvent(), doneEvent),
      stream(...plain, finishEvent(), doneEvent),
      stream(...plain, finishEvent(), doneEvent),
    );
    const ask = askOf();
    await ask();
    expect((await ask()).slice(0, -1)).toEqual([
      { kind: "reasoning", text: "Hm.\n" },
      { kind: "text", text: "42" },
    ]);
    // This time it did not reason.
    expect((await ask()).slice(0, -1)).toEqual([
      { kind: "reasoning", text: "Just 42" },
      { kind: "reclassify", as: "text" },
    ]);
    expect(textOf(await ask())).toBe("Just 42");
  });

  it.each([
    "The tag `</think>` ends it.",
    "Write\n```\n</think>\n```\nat its end.",
    "It ends with </think> in the text.",
  ])("is not seen before a closing tag in %j", async (text) => {
    for (const parts of [[text], letters(text)]) {
      const events = await replyTo(
        stream(...parts.map(textEvent), finishEvent(), doneEvent),
      );
      expect(textOf(events)).toBe(text);
      expect(events).not.toContainEqual(reclassified);
    }
  });

  it("may come without an answer", async () => {
    const events = await replyTo(
      stream(textEvent("<think>Hm, 1 <"), finishEvent("length"), doneEvent),
    );
    expect(textOf(events, "reasoning")).toBe("Hm, 1 <");
    expect(textOf(events)).toBe("");
  });
});

const complaint = (message: string, code: unknown = null) => ({
  error: { message, type: "error", code },
});

describe("the openai provider fails", () => {
  const faults: [string, Answer, string, RegExp][] = [
    [
      "a wrong key",
      answerWith(401, complaint("Incorrect API key provided: sk-****.")),
      "denied",
      /OPENAI_API_KEY.*Incorrect API key/,
    ],
    [
      "a key that may not use the model",
      answerWith(403, complaint("Project has no access to the model")),
      "denied",
      /OPENAI_PROJECT/,
    ],
    [
      "a wrong address",
      answerWith(404, "<html><title>404 Not Found</title></html>"),
      "unreachable",
      /ends in \/v1.*404 Not Found/,
    ],
    [
      "an address that doesn't accept POST",
      answerWith(405, { detail: "Method Not Allowed" }),
      "unreachable",
      /OPENAI_BASE_URL/,
    ],
    [
      "the address of a web site",
      answerWith(200, "<!doctype html><title>Welcome</title>"),
      "unreachable",
      /web page/,
    ],
    [
      "an address that redirects",
      answerWith(301, "", { location: "https://elsewhere.test/v1" }),
      "unreachable",
      /elsewhere\.test/,
    ],
    [
      "a model that Ollama doesn't have",
      answerWith(404, complaint('model "m" not found, try pulling it first')),
      "unknown-model",
      /Pull or load/,
    ],
    [
      "a model that vLLM doesn't have",
      answerWith(404, {
        object: "error",
        message: "The model `m` does not exist.",
        code: 404,
      }),
      "unknown-model",
      /does not exist/,
    ],
    [
      "a prompt that exceeds the window, as OpenAI says it",
      answerWith(
        400,
        complaint(
          "This model's maximum context length is 8192 tokens.",
          "context_length_exceeded",
        ),
      ),
      "too-long",
      /OPENAI_CONTEXT_TOKENS/,
    ],
    [
      "a prompt that exceeds the window, as llama.cpp says it",
      answerWith(400, {
        error: {
          code: 400,
          message: "the request exceeds the available context size",
          type: "exceed_context_size_error",
        },
      }),
      "too-long",
      /OPENAI_CONTEXT_TOKENS/,
    ],
    [
      "a request that a gateway finds too large",
      answerWith(413, "Request Entity Too Large"),
      "too-long",
      /413/,
    ],
    [
      "an account without credit",
      answerWith(
        429,
        complaint("You exceeded your current quota", "insufficient_quota"),
      ),
      "throttled",
      /waiting won't help/,
    ],
    [
      "an account without balance",
      answerWith(402, complaint("Insufficient Balance")),
      "throttled",
      /no credit or quota/,
    ],
    [
      "a wrong key that is told as a bad request",
      answerWith(
        400,
        complaint("API key not valid. Please pass a valid API key."),
      ),
      "denied",
      /OPENAI_API_KEY/,
    ],
    [
      "a prompt that Azure's filter blocks",
      answerWith(
        400,
        complaint(
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
          "content_filter",
        ),
      ),
      "filtered",
      /content filter/,
    ],
    [
      "a prompt that DeepSeek's filter blocks",
      answerWith(400, complaint("Content Exists Risk")),
      "filtered",
      /content filter/,
    ],
    [
      "a prompt that a gateway's moderation blocks",
      answerWith(
        403,
        complaint(
          "Your chosen model requires moderation and your input was flagged",
        ),
      ),
      "filtered",
      /content filter/,
    ],
    [
      "a maximum length that vLLM refuses",
      answerWith(
        400,
        complaint(
          "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 20 input tokens (8192 > 4096 - 20).",
        ),
      ),
      "invalid",
      /maximum length is above/,
    ],
    [
      "a model that can't chat",
      answerWith(400, complaint('"nomic-embed-text" does not support chat')),
      "unknown-model",
      /MODELS/,
    ],
    [
      "a model without endpoints",
      answerWith(
        404,
        complaint("No endpoints found matching your data policy"),
      ),
      "unknown-model",
      /data policy/,
    ],
    [
      "a request that is refused for an unknown reason",
      answerWith(400, complaint("computer says no")),
      "invalid",
      /computer says no/,
    ],
    [
      "a web page as an event stream",
      answerWith(200, "<html><title>502 Bad Gateway</title></html>", {
        "content-type": "text/event-stream",
      }),
      "unreachable",
      /web page: 502 Bad Gateway/,
    ],
    [
      "plain text",
      answerWith(200, "upstream connect error", {
        "content-type": "text/plain",
      }),
      "provider",
      /upstream connect error/,
    ],
    [
      "a reply as JSON that is cut",
      answerWith(200, '{"choices":[{"message":{"content":"Ha', {
        "content-type": "application/json",
      }),
      "interrupted",
      /middle of an event/,
    ],
    [
      "a refused parameter",
      answerWith(422, { detail: [{ msg: "temperature must be ≤ 2" }] }),
      "invalid",
      /temperature must be/,
    ],
    [
      "a gateway's time-out",
      answerWith(504, "Gateway Timeout"),
      "timed-out",
      /504/,
    ],
    [
      "a fault of the server",
      answerWith(500, complaint("CUDA out of memory")),
      "provider",
      /CUDA/,
    ],
    [
      "a bad gateway",
      answerWith(502, "<h1>Bad Gateway</h1>"),
      "provider",
      /502/,
    ],
    ["a stream of nothing", stream(), "interrupted", /no event/],
    [
      "a stream that closes early",
      stream(textEvent("Half")),
      "interrupted",
      /after 1 events/,
    ],
    [
      "a connection that breaks",
      streamAndBreak(textEvent("Half")),
      "interrupted",
      /connection broke/,
    ],
    [
      "a frame that is cut in the middle",
      stream(textEvent("Half"), textEvent("and half").slice(0, 60)),
      "interrupted",
      /middle of an event/,
    ],
    [
      "a frame that is cut in the middle of a letter",
      stream(textEvent("Half"), Buffer.from(textEvent("ö")).subarray(0, -5)),
      "interrupted",
      /middle of an event/,
    ],
    [
      "an error inside the stream",
      stream(textEvent("Half"), event(complaint("Compute error."))),
      "provider",
      /Compute error/,
    ],
    [
      "an error inside the stream, with a code",
      stream(event(complaint("slow down", "rate_limit_exceeded"))),
      "throttled",
      /slow down/,
    ],
    [
      "an error inside the stream, as vLLM sends it",
      stream(
        textEvent("Half"),
        event({ object: "error", message: "engine is dead", code: 500 }),
        doneEvent,
      ),
      "provider",
      /engine is dead/,
    ],
    [
      "an error inside the stream, as llama.cpp sent it once",
      stream(
        'error: {"code":400,"message":"the request exceeds the available context size","type":"invalid_request_error"}\n\n',
        doneEvent,
      ),
      "too-long",
      /available context size/,
    ],
    [
      "an error event",
      stream(`event: error\n${event({ message: "overheated" })}`),
      "provider",
      /overheated/,
    ],
    [
      "an event that is no JSON",
      stream("data: hello\n\n"),
      "provider",
      /hello/,
    ],
    [
      "an event that is something else",
      stream(event({ choices: "none" })),
      "provider",
      /OpenAI-compatible/,
    ],
    [
      "JSON that is no completion",
      answerWith(200, { error: "model is on holiday" }),
      "provider",
      /on holiday/,
    ],
  ];

  it.each(faults)("on %s", async (_, answer, reason, forOperator) => {
    await expect(replyTo(answer, { busyMs: 0 })).rejects.toMatchObject({
      name: "ModelError",
      reason,
      forOperator: expect.stringMatching(forOperator),
      // The visitor reads what to do, and nothing of the server's message.
      message: expect.stringMatching(/try again|choose/i),
    });
  });

  it("after the text that came before an error inside the stream", async () => {
    const { events, error } = await failingReply(
      stream(textEvent("Half"), event(complaint("Compute error."))),
    );
    expect(error).toMatchObject({ reason: "provider" });
    expect(textOf(events)).toBe("Half");
  });

  it("if no server listens", async () => {
    await server.close();
    await expect(replyTo(stream())).rejects.toMatchObject({
      reason: "unreachable",
      forOperator: expect.stringMatching(/ECONNREFUSED.*is the server started/),
    });
  });

  it("if the host is unknown, without a password in the message", async () => {
    const settings = { baseUrl: "http://joe:hush@no-such-host.invalid/v1" };
    await expect(replyTo(stream(), { settings })).rejects.toMatchObject({
      reason: "unreachable",
      forOperator: expect.stringMatching(
        /^(?!.*hush).*no-such-host\.invalid.*name is unknown/,
      ),
    });
  });

  it("with the signal's reason if a silent reply is stopped, and cancels the request", async () => {
    const { error } = await replyStoppedInSilence(streamAndHang());
    expect(error).toMatchObject({ message: "stopped" });
    await server.idle();
  });
});

const busy = (status: number, headers: Record<string, string>) =>
  answerWith(status, { error: { message: "slow down" } }, headers);

describe("the openai provider waits for a busy server", () => {
  it("as long as Retry-After says, and says so", async () => {
    const began = performance.now();
    const events = await replyTo([
      busy(429, { "retry-after": "0.05" }),
      busy(429, { "retry-after-ms": "50", "retry-after": "3600" }),
      completeReply("Hi"),
    ]);
    expect(events.slice(0, 2)).toEqual([
      {
        kind: "waiting",
        ms: 50,
        message: expect.stringMatching(/busy.*second/),
      },
      { kind: "waiting", ms: 50, message: expect.any(String) },
    ]);
    expect(textOf(events)).toBe("Hi");
    expect(performance.now() - began).toBeGreaterThanOrEqual(95);
  });

  it("until a date that Retry-After names", async () => {
    const soon = new Date(Date.now() + 1_500).toUTCString();
    const events = await replyTo([
      busy(503, { "retry-after": soon }),
      completeReply("Hi"),
    ]);
    const [waiting] = events;
    expect(waiting?.kind).toBe("waiting");
    expect(waiting?.kind === "waiting" && waiting.ms).toBeLessThan(1_600);
  });

  it("no longer than MODEL_BUSY_SECONDS, and says when to try again", async () => {
    await expect(
      replyTo(busy(429, { "retry-after": "3600" })),
    ).rejects.toMatchObject({
      reason: "throttled",
      message: expect.stringMatching(/asks to wait 60 minutes/),
    });
    expect(server.requests).toHaveLength(1);
  });

  it("until the reply is stopped", async () => {
    const { error } = await replyStoppedAtOnce(
      busy(429, { "retry-after": "50" }),
    );
    expect(error).toMatchObject({ message: "stopped" });
  });

  it("only before the reply has begun", async () => {
    const answer = stream(
      textEvent("Half"),
      event({ error: { message: "slow down", code: 429 } }),
    );
    await expect(replyTo(answer)).rejects.toMatchObject({
      reason: "throttled",
    });
    expect(server.requests).toHaveLength(1);
  });
});
