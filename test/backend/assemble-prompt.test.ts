import {
  assemblePrompt,
  tokensLeft,
} from "../../app/backend/conversations/assemble-prompt";
import { checkReplyOptions } from "../../app/backend/models/check-reply-options";
import { estimateTokens } from "../../app/backend/models/estimate-tokens";
import type { ModelMessage } from "../../app/backend/models/model";
import { assistant, user } from "./models/model-provider-contract";

const wide = { contextTokens: 100_000, maxReplyTokens: 1_000 };

/** So many turns, each of about a hundred tokens. */
function turns(count: number): ModelMessage[] {
  return Array.from({ length: count }, (_, index) => {
    const text = `${index}: ${"some words ".repeat(49)}`;
    return index % 2 === 0 ? user(text) : assistant(text);
  });
}

describe("the prompt", () => {
  it("begins with the system prompt and the project's instructions", () => {
    const { messages, leftOut } = assemblePrompt(
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

  it("has no system message where there is nothing to say", () => {
    const { messages } = assemblePrompt(
      { systemPrompt: " ", instructions: "", history: [user("Hello")] },
      wide,
    );
    expect(messages).toEqual([user("Hello")]);
  });

  it("leaves out the oldest messages that don't fit the window, and says how many", () => {
    const history = turns(21);
    const prompt = assemblePrompt(
      { history },
      { contextTokens: 1_500, maxReplyTokens: 300 },
    );
    expect(prompt.leftOut).toBeGreaterThan(5);
    expect(prompt.messages).toEqual(history.slice(prompt.leftOut));
    expect(prompt.messages[0]?.role).toBe("user");
    expect(prompt.estimatedTokens).toBeLessThanOrEqual(1_200);
    expect(prompt.estimatedTokens).toBeGreaterThan(800);
  });

  it("keeps room for the reply that was asked for", () => {
    const window = { contextTokens: 2_000, maxReplyTokens: 100 };
    const kept = (maxTokens?: number) =>
      assemblePrompt({ history: turns(21) }, window, maxTokens).messages.length;
    expect(kept(900)).toBeLessThan(kept());
  });

  it("always asks what is to be answered, however long it is", () => {
    const long = user("word ".repeat(50_000));
    const prompt = assemblePrompt(
      { history: [...turns(4), long] },
      { contextTokens: 1_000, maxReplyTokens: 100 },
    );
    expect(prompt.messages).toEqual([long]);
    expect(prompt.leftOut).toBe(4);
  });

  it("ends with the beginning of a reply that is to be continued", () => {
    const { messages } = assemblePrompt(
      { history: [user("Hello")], begun: "Good mor" },
      wide,
    );
    expect(messages).toEqual([user("Hello"), assistant("Good mor")]);
  });

  it("keeps room for the rest of a reply that is to be continued, and no more", () => {
    const window = { contextTokens: 4_096, maxReplyTokens: 2_048 };
    const history = turns(41);
    const begun = "some words ".repeat(600);
    const { messages } = assemblePrompt({ history }, window);
    const continued = assemblePrompt({ history, begun }, window);
    const used = continued.estimatedTokens + tokensLeft(2_048, begun);
    expect(used).toBeLessThanOrEqual(window.contextTokens);
    expect(continued.messages.slice(0, -1)).toEqual(messages);
  });

  it("makes turns of neighbours, and leaves out what is empty", () => {
    const { messages } = assemblePrompt(
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

  it("is empty for a history that is empty", () => {
    expect(assemblePrompt({ history: [] }, wide)).toEqual({
      messages: [],
      leftOut: 0,
      estimatedTokens: 0,
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

  it("is nothing for nothing", () => {
    expect(estimateTokens("")).toBe(0);
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
        /1 to 5000 for Nova Pro/,
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
