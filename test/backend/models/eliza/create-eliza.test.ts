import { createEliza } from "../../../../app/backend/models/eliza/create-eliza";
import {
  assistant,
  collect,
  keepsTheContract,
  textOf,
  user,
} from "../model-provider-contract";
import { fc } from "../../../support/fast-check";

const eliza = createEliza({ delayMs: 0 });
const signal = new AbortController().signal;

/** What Eliza says last in a conversation in which only these things were said to her. */
async function says(...inputs: string[]): Promise<string> {
  const messages = inputs.map(user);
  return textOf(
    await collect(eliza.streamReply(messages, { model: "eliza" }, signal)),
  );
}

/** What she says to it at first, and when it is asked again. */
const saysAgain = (text: string) =>
  Promise.all(
    [0, 1, 2].map(async (attempt) => {
      const options = { model: "eliza", attempt };
      const messages = [user("hello"), user(text)];
      return textOf(
        await collect(eliza.streamReply(messages, options, signal)),
      );
    }),
  );

const words = (text: string) => text.trim().split(/\s+/);

describe("eliza as a provider", () => {
  keepsTheContract(() =>
    Promise.resolve({
      provider: createEliza({ delayMs: 1 }),
      model: "eliza",
      close: () => Promise.resolve(),
    }),
  );

  it("says its first word at once, however long it pauses between words", async () => {
    const slow = createEliza({ delayMs: 3_600_000 });
    const reply = slow.streamReply([user("hi")], { model: "eliza" }, signal);
    const iterator = reply[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({
      done: false,
      value: { kind: "text", text: "Hello." },
    });
    await iterator.return?.();
  });

  it("stops at once in a pause of an hour", async () => {
    const slow = createEliza({ delayMs: 3_600_000 });
    const controller = new AbortController();
    const reply = slow.streamReply(
      [user("hi")],
      { model: "eliza" },
      controller.signal,
    );
    const iterator = reply[Symbol.asyncIterator]();
    await iterator.next();
    const second = iterator.next();
    controller.abort(new Error("stopped"));
    await expect(second).rejects.toThrow("stopped");
  });

  it("says something else when the same is asked again, and always the same at each attempt", async () => {
    for (const text of ["I feel lost", "write 50 words", "my dog is ill"]) {
      const said = await saysAgain(text);
      expect(new Set(said).size).toBe(3);
      expect(await saysAgain(text)).toEqual(said);
    }
  });

  it("stops at the length that was asked for, and says so", async () => {
    const events = await collect(
      eliza.streamReply(
        [user("write 100 words")],
        { model: "eliza", maxTokens: 7 },
        signal,
      ),
    );
    expect(words(textOf(events))).toHaveLength(7);
    expect(events.at(-1)).toEqual({ kind: "stop", reason: "length" });
  });

  it("counts words as its usage", async () => {
    const events = await collect(
      eliza.streamReply([user("write 50 words")], { model: "eliza" }, signal),
    );
    expect(events).toContainEqual({
      kind: "usage",
      inputTokens: 3,
      outputTokens: 50,
    });
  });
});

describe("eliza, cut and continued", () => {
  const history = [
    user("hello"),
    assistant("Hello. …"),
    user("my sister has a boat"),
    assistant("?"),
    user("write 60 words about boats"),
  ];
  const whole = () =>
    collect(eliza.streamReply(history, { model: "eliza" }, signal)).then(
      (events) => textOf(events),
    );

  it("goes on from any character so that the whole is what it would have been", async () => {
    const text = await whole();
    for (let cut = 1; cut <= text.length; cut++) {
      const rest = await collect(
        eliza.streamReply(
          [...history, assistant(text.slice(0, cut))],
          { model: "eliza" },
          signal,
        ),
      );
      expect(text.slice(0, cut) + textOf(rest)).toBe(text);
    }
  });

  it("goes on with a paragraph of its own after words that it would not have said", async () => {
    const rest = await collect(
      eliza.streamReply(
        [...history, assistant("Somebody else began this.")],
        { model: "eliza" },
        signal,
      ),
    );
    expect(textOf(rest)).toBe(`\n\n${await whole()}`);
  });

  it("writes no more than it was asked for after what is begun", async () => {
    const text = await whole();
    const begun = words(text).slice(0, 7).join(" ");
    const events = await collect(
      eliza.streamReply(
        [...history, assistant(begun)],
        { model: "eliza", maxTokens: 10 },
        signal,
      ),
    );
    expect(words(begun + textOf(events))).toEqual(words(text).slice(0, 17));
    expect(events.at(-1)).toEqual({ kind: "stop", reason: "length" });
  });
});

describe("eliza in conversation", () => {
  it("turns a sentence around", async () => {
    expect(await says("I am building a boat with my brother")).toContain(
      "your brother",
    );
    expect(await says("You are kind to me")).toContain("I am kind to you");
  });

  it("comes back to something that was said earlier", async () => {
    expect(
      await says("my green parrot swears", "the sky is blue", "pizza"),
    ).toContain("your green parrot");
  });

  it("takes a name and remembers it", async () => {
    expect(await says("Hi, my name is Ada")).toContain("Ada");
    expect(await says("my name is ada", "pizza", "what's my name?")).toContain(
      "Ada",
    );
    expect(await says("what is my name")).toMatch(/haven't told/);
  });

  it("does not say the same thing twice in a row, whatever is repeated", async () => {
    for (const input of [
      "hi",
      "pizza",
      "I am sad",
      "yes",
      "asdf",
      "?!",
      "😀",
    ]) {
      const inputs: string[] = [];
      let before = "";
      for (let turn = 0; turn < 8; turn++) {
        inputs.push(input);
        const reply = await says(...inputs);
        expect(reply).not.toBe(before);
        before = reply;
      }
    }
  });

  it.each([
    ["Wie geht es dir?", /Englisch/],
    ["Bonjour, je suis fatigué", /anglais/],
    ["¿Cómo estás?", /inglés/],
    ["come stai? non sono felice", /inglese/],
    ["ik ben niet blij", /Engels/],
    ["你好，你是谁", /英语/],
    ["こんにちは", /英語/],
    ["Привет, как дела", /английски/],
    ["مرحبا كيف حالك", /الإنجليزية/],
  ])("answers %s in its own language", async (input, language) => {
    expect(await says(input)).toMatch(language);
  });

  it.each([
    ["insults", "you are a stupid bot", /rules|wrong|Noted|right|words/],
    ["gibberish", "sdkfjhskdjfh", /keyboard|hold on/],
    ["emoji", "🎉🎉", /picture|cheerful/],
    ["sad emoji", "😭", /day|heart/],
    ["nothing but punctuation", "?!?!", /pause|words/],
    ["thanks", "thank you so much", /welcome/],
    ["questions about itself", "are you a human?", /rules|patterns/],
    ["questions about its age", "how old are you?", /1966/],
    ["a crisis", "I want to kill myself", /emergency|crisis/],
    ["arithmetic", "12 * 7 = ?", /calculate/],
    ["a goodbye", "bye", /Goodbye/],
  ])("has an answer to %s", async (_, input, answer) => {
    expect(await says(input)).toMatch(answer);
  });

  it("answers a message of a megabyte, and says that it was long", async () => {
    const reply = await says(
      "I wonder about the boat and the lake ".repeat(30_000),
    );
    expect(reply.length).toBeLessThan(500);
    expect(reply).toMatch(/a lot at once|length|end of it/);
  });

  it("has something to say to any input, and the same twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "binary", maxLength: 60 }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (inputs) => {
          const reply = await says(...inputs);
          expect(reply).not.toMatch(/\{\d\}|undefined/);
          expect(reply.trim()).not.toBe("");
          expect(await says(...inputs)).toBe(reply);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("eliza on request", () => {
  it.each([
    ["write 1 word", 1],
    ["write 12 words about bridges", 12],
    ["Please write exactly 2,000 words about my dog.", 2_000],
    ["answer in five hundred words", 500],
    ["write one hundred and five words", 105],
    ["give me a 40-word text on love", 40],
    ["write 1k words", 1_000],
    ["write 0 words", 1],
    ["write 99999999 words", 20_000],
  ])("obeys: %s", async (input, count) => {
    expect(words(await says(input))).toHaveLength(count);
  });

  it("writes a long answer, and a story about what was asked", async () => {
    expect(words(await says("please write a long answer"))).toHaveLength(400);
    expect(await says("tell me a long story about otters")).toContain("otters");
  });

  it("tells another story when it is asked again", async () => {
    const first = await says("tell me a story");
    expect(await says("tell me a story", "tell me a story")).not.toBe(first);
  });

  it.each([
    ["list ten animals", 10],
    ["give me a list", 5],
    ["Give me a list of 3 fruits", 3],
    ["name a dozen cities", 12],
  ])("lists: %s", async (input, count) => {
    const lines = (await says(input)).split("\n");
    expect(lines.filter((line) => line.startsWith("- "))).toHaveLength(count);
  });

  it("numbers a list when it is asked to", async () => {
    const reply = await says("give me a numbered list of 4 colours");
    expect(reply).toMatch(/\n1\. .+\n2\. .+\n3\. .+\n4\. .+$/);
  });

  it("makes a table of the rows that were asked for", async () => {
    const reply = await says("make a table of fruit with 7 rows");
    expect(
      reply.split("\n").filter((line) => line.startsWith("|")),
    ).toHaveLength(9);
  });

  it.each([
    ["show me some code", "python"],
    ["write a function in Rust", "rust"],
    ["hello world in go", "go"],
    ["give me a c++ program", "cpp"],
    ["write a javascript snippet", "javascript"],
    ["I'd like some typescript code", "typescript"],
    ["write an sql query", "sql"],
    ["show me an HTML snippet", "html"],
  ])("writes code in a fence: %s", async (input, fence) => {
    expect(await says(input)).toMatch(
      new RegExp(`\\n\`\`\`${fence}\\n[^]+\\n\`\`\`\\n`),
    );
  });

  it("shows all that it can do, and every format", async () => {
    expect(await says("what can you do?")).toContain("table");
    const formats = await says("show me all markdown formatting");
    for (const mark of ["# ", "**", "```", "> ", "| --- |", "1. ", "- "])
      expect(formats).toContain(mark);
  });

  it("repeats after its visitor, word for word", async () => {
    expect(await says("repeat after me: <b>Hello</b>\n  `x` ✓")).toBe(
      "<b>Hello</b>\n  `x` ✓",
    );
  });

  it("counts", async () => {
    expect(await says("count to 5")).toBe("1, 2, 3, 4, 5.");
  });
});
