import * as fc from "fast-check";
import {
  assemblePrompt,
  type AssembledPrompt,
  type PromptOptions,
} from "../../app/backend/conversations/assemble-prompt";
import { checkReplyOptions } from "../../app/backend/models/check-reply-options";
import {
  estimateTokens,
  mostTokens,
} from "../../app/backend/models/estimate-tokens";
import type { ModelMessage } from "../../app/backend/models/model";
import { TokenCounter } from "../../app/backend/models/token-counter";
import { assistant, user } from "./models/model-provider-contract";

const wide = { contextTokens: 100_000, maxReplyTokens: 1_000 };

const counter = new TokenCounter();

/** @param read Called with each message that is read. */
async function* backwards(
  history: readonly ModelMessage[],
  read: (message: ModelMessage) => void = () => undefined,
) {
  for (const message of history.toReversed()) {
    read(message);
    yield message;
  }
}

/** The prompt for a history, oldest first. */
function assemble(
  {
    history,
    ...options
  }: Partial<PromptOptions> & { history: readonly ModelMessage[] },
  info: Parameters<typeof assemblePrompt>[1],
  maxTokens?: number,
): Promise<AssembledPrompt> {
  const { length } = history;
  const newestFirst = backwards(history);
  const all = { newestFirst, length, ...options };
  return assemblePrompt(all, info, counter, maxTokens);
}

/** As the prompt itself estimates them. */
async function tokensOf({ messages }: AssembledPrompt): Promise<number> {
  const counts = messages.map((message) => counter.countMessage(message));
  const sum = (await Promise.all(counts)).reduce((a, b) => a + b, 0);
  return sum + TOKENS_AROUND_MESSAGE * messages.length;
}

const TOKENS_AROUND_MESSAGE = 4;

/** So many turns, each of about a hundred tokens. */
function turns(count: number): ModelMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const text = `${index}: ${"some words ".repeat(49)}`;
    return index % 2 === 0 ? user(text) : assistant(text);
  });
}

describe("the prompt", () => {
  it("begins with the system prompt and the project's instructions", async () => {
    const { messages, leftOut } = await assemble(
      {
        systemPrompt: "Be kind.\n",
        instructions: " Speak of boats. ",
        history: [user("Hello")],
      },
      wide,
    );
    expect(messages).toEqual([
      { role: "system", text: "Be kind.\n\nSpeak of boats." },
      user("Hello"),
    ]);
    expect(leftOut).toBe(0);
  });

  it("has no system message where there is nothing to say", async () => {
    const { messages } = await assemble(
      { systemPrompt: " ", instructions: "", history: [user("Hello")] },
      wide,
    );
    expect(messages).toEqual([user("Hello")]);
  });

  it("leaves out the oldest messages that don't fit the window, and says how many", async () => {
    const history = turns(21);
    const prompt = await assemble(
      { history },
      { contextTokens: 1_500, maxReplyTokens: 300 },
    );
    expect(prompt.leftOut).toBeGreaterThan(5);
    expect(prompt.messages).toEqual(history.slice(prompt.leftOut));
    expect(prompt.messages[0]?.role).toBe("user");
    expect(await tokensOf(prompt)).toBeLessThanOrEqual(1_200);
    expect(await tokensOf(prompt)).toBeGreaterThan(800);
  });

  it("counts no message that can't be read as left out", async () => {
    const history = [user("One"), assistant("Two"), user("Three")];
    for (const missing of [0, 1]) {
      const readable = history.toSpliced(missing, 1);
      const { leftOut, messages } = await assemble(
        { history: readable, length: history.length },
        wide,
      );
      expect(leftOut).toBe(0);
      expect(messages[0]?.role).toBe("user");
    }
  });

  it("keeps room for the reply that was asked for", async () => {
    const window = { contextTokens: 2_000, maxReplyTokens: 100 };
    const kept = async (maxTokens?: number) =>
      (await assemble({ history: turns(21) }, window, maxTokens)).messages;
    expect((await kept(900)).length).toBeLessThan((await kept()).length);
  });

  it("always asks what is to be answered, however long it is", async () => {
    const long = user("word ".repeat(50_000));
    const prompt = await assemble(
      { history: [...turns(4), long] },
      { contextTokens: 1_000, maxReplyTokens: 100 },
    );
    expect(prompt.messages).toEqual([long]);
    expect(prompt.leftOut).toBe(4);
  });

  it("reads no more of a long conversation than fits, also where its messages have few tokens", async () => {
    const blank = user(" ".repeat(10_000));
    const last = user("Hello");
    const history = [
      ...turns(1_000),
      ...Array<ModelMessage>(1_000).fill(blank),
    ];
    const window = { contextTokens: 10_000, maxReplyTokens: 100 };
    for (const all of [history.slice(0, 1_000), history]) {
      let read = 0;
      const newestFirst = backwards([...all, last], () => read++);
      const { length } = all;
      await assemblePrompt({ newestFirst, length }, window, counter);
      expect(read).toBeLessThan(100);
    }
  });

  it("ends with the beginning of a reply that is to be continued", async () => {
    const { messages } = await assemble(
      { history: [user("Hello")], begun: "Good mor" },
      wide,
    );
    expect(messages).toEqual([user("Hello"), assistant("Good mor")]);
  });

  it("keeps room for the rest of a reply that is to be continued, and no more", async () => {
    const window = { contextTokens: 4_096, maxReplyTokens: 2_048 };
    const history = turns(41);
    const begun = "some words ".repeat(600);
    const { messages } = await assemble({ history }, window);
    const continued = await assemble({ history, begun }, window);
    const used = (await tokensOf(continued)) + continued.tokensLeft;
    expect(used).toBeLessThanOrEqual(window.contextTokens);
    expect(continued.messages.slice(0, -1)).toEqual(messages);
  });

  it("makes turns of neighbours, and leaves out what is empty", async () => {
    const { messages } = await assemble(
      {
        history: [
          user("One"),
          user("Two"),
          assistant(""),
          user("Three"),
          assistant("Four"),
          user("Five"),
        ],
      },
      wide,
    );
    expect(messages).toEqual([
      user("One\n\nTwo\n\nThree"),
      assistant("Four"),
      user("Five"),
    ]);
  });

  it("is empty for a history that is empty", async () => {
    expect(await assemble({ history: [] }, wide)).toEqual({
      messages: [],
      leftOut: 0,
      tokensLeft: 1_000,
    });
  });
});

describe("the estimate of tokens", () => {
  // The right numbers were counted with OpenAI's o200k_base vocabulary.
  it.each([
    [
      "English",
      37,
      "It is a truth that everybody on the coast will tell you: the lighthouse was finished long before anyone thought of the harbour. We walked there in the evening, and nobody spoke. ",
    ],
    [
      "German",
      37,
      "Ich würde gern wissen, ob das Haus am See noch steht und wer inzwischen darin wohnt. Die Nachbarn erzählten, der Schlüssel hänge seit Jahren an derselben Stelle. ",
    ],
    [
      "French",
      39,
      "J'aimerais savoir si la maison au bord du lac est toujours debout, et qui y habite maintenant. Les voisins racontaient que la clé pendait au même endroit depuis des années. ",
    ],
    [
      "Russian",
      41,
      "Я хотел бы знать, стоит ли ещё дом у озера и кто теперь в нём живёт. Соседи рассказывали, что ключ много лет висел на одном и том же месте. ",
    ],
    [
      "Chinese",
      33,
      "我想知道湖边的房子是否还在，现在谁住在里面。邻居们说，钥匙多年来一直挂在同一个地方。",
    ],
    [
      "Japanese",
      53,
      "湖のほとりの家がまだ建っているのか、今は誰が住んでいるのか知りたいです。隣人によると、鍵は何年も同じ場所に掛かっていたそうです。",
    ],
    [
      "Arabic",
      36,
      "أود أن أعرف ما إذا كان البيت عند البحيرة لا يزال قائما ومن يسكنه الآن. قال الجيران إن المفتاح معلق في المكان نفسه منذ سنوات. ",
    ],
    ["a table", 21, "| 1 | Pear | calm | 13 |\n| --- | --- | ---: | --- |\n"],
  ])("is within a quarter of the truth for %s", (_, tokens, text) => {
    expect(estimateTokens(text) / tokens).toBeGreaterThan(0.75);
    expect(estimateTokens(text) / tokens).toBeLessThan(1.25);
  });

  it("of a long text is counted in parts, which differ little from the whole", async () => {
    const text = "A few words, 12 numbers\u2026 ".repeat(10_000);
    const counted = await counter.count(text);
    expect(Math.abs(counted / estimateTokens(text) - 1)).toBeLessThan(0.01);
  });

  it("is nothing for nothing", () => {
    expect(estimateTokens("")).toBe(0);
  });

  it("is never above its upper bound", () => {
    const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string());
    fc.assert(
      fc.property(anyText, (text) => {
        expect(estimateTokens(text)).toBeLessThanOrEqual(mostTokens(text));
      }),
    );
    for (const text of ["😀", "A", "aB".repeat(99), "ǅ", "!".repeat(9), "é"])
      expect(estimateTokens(text)).toBeLessThanOrEqual(mostTokens(text));
  });

  it("is not needed for a conversation that fits by far", async () => {
    const never = new TokenCounter();
    never.countMessage = () => Promise.reject(new Error("counted"));
    const history = turns(40);
    const newestFirst = backwards(history);
    const { leftOut } = await assemblePrompt(
      { newestFirst, length: history.length },
      wide,
      never,
    );
    expect(leftOut).toBe(0);
  });
});

describe("the choices of a visitor", () => {
  const info = { name: "Nova Pro", maxReplyTokens: 5_000 };

  it.each([
    {},
    { maxTokens: null, temperature: null },
    { maxTokens: 1, temperature: 0 },
    { maxTokens: 5_000, temperature: 1 },
  ])("accepts %j", (chosen) => {
    expect(() => checkReplyOptions(info, chosen)).not.toThrow();
  });

  it.each([0, -1, 5_001, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses a maximum length of %d, and names the limit",
    (maxTokens) => {
      expect(() => checkReplyOptions(info, { maxTokens })).toThrow(
        /1 to 5,000 for Nova Pro/,
      );
    },
  );

  it.each([-0.1, 1.1, Number.NaN])(
    "refuses a temperature of %d",
    (temperature) => {
      expect(() => checkReplyOptions(info, { temperature })).toThrow(
        /from 0 .* to 1/,
      );
    },
  );
});
