import { createEliza } from "../../../../app/backend/models/eliza/create-eliza";
import {
  assistant,
  collect,
  keepsTheContract,
  textOf,
  user,
} from "../model-provider-contract";
import { localeOf } from "../../../../app/core/texts/locale";
import { fc } from "../../../support/fast-check";

const eliza = createEliza({ delayMs: 0 });
const signal = new AbortController().signal;

/** Eliza's last answer in a conversation of these messages. */
async function says(...inputs: string[]): Promise<string> {
  const messages = inputs.map(user);
  return textOf(
    await collect(eliza.streamReply(messages, { model: "eliza" }, signal)),
  );
}

/** The answers at three attempts. */
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

/** The words of all messages, as its usage says. */
async function counted(...texts: string[]): Promise<number | undefined> {
  const messages = texts.map(user);
  const events = await collect(
    eliza.streamReply(messages, { model: "eliza" }, signal),
  );
  const usage = events.find(({ kind }) => kind === "usage");
  return usage?.kind === "usage" ? usage.inputTokens : undefined;
}

const words = (text: string) => text.trim().split(/\s+/);

describe("the eliza provider", () => {
  keepsTheContract(() =>
    Promise.resolve({
      provider: createEliza({ delayMs: 1 }),
      model: "eliza",
      close: () => Promise.resolve(),
    }),
  );

  it("sends its first word at once", async () => {
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

  it("answers differently at each attempt, and always the same at the same one", async () => {
    for (const text of ["I feel lost", "write 50 words", "my dog is ill"]) {
      const said = await saysAgain(text);
      expect(new Set(said).size).toBe(3);
      expect(await saysAgain(text)).toEqual(said);
    }
  });

  it("stops at the maximum length, and says so", async () => {
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

  it("takes the same characters for white space as regular expressions do", async () => {
    const units = Array.from({ length: 0x10000 }, (_, code) =>
      String.fromCharCode(code),
    );
    const spaces = units.filter((unit) => /\s/u.test(unit));
    expect(spaces.length).toBeGreaterThan(20);
    const text = units.map((unit) => `a${unit}`).join("");
    expect(await counted(text)).toBe(spaces.length + 1);
  });

  it.each([
    ["", 0],
    [" ", 1],
    ["one ", 2],
    [" one  two", 2],
    [`one ${"x".repeat(3_000_000)} two`, 3],
  ])("counts the words of a text once (case %#)", async (text, count) => {
    expect(await counted(text, "hi")).toBe(count + 1);
  });
});

describe("an interrupted reply of eliza", () => {
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

  it("continues from any character to the same text", async () => {
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

  it("continues a foreign text with a paragraph of its own", async () => {
    const rest = await collect(
      eliza.streamReply(
        [...history, assistant("Somebody else began this.")],
        { model: "eliza" },
        signal,
      ),
    );
    expect(textOf(rest)).toBe(`\n\n${await whole()}`);
  });

  it("stops at the maximum length after the begun text", async () => {
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

describe("eliza", () => {
  it("swaps pronouns", async () => {
    expect(await says("I am building a boat with my brother")).toContain(
      "your brother",
    );
    expect(await says("You are kind to me")).toContain("I am kind to you");
  });

  it("returns to an earlier message", async () => {
    expect(
      await says("my green parrot swears", "the sky is blue", "pizza"),
    ).toContain("your green parrot");
  });

  it("prefers the keyword of the highest rank", async () => {
    expect(await says("yes, I dreamt of a lake")).toContain("a lake");
  });

  it("never repeats its last answer", async () => {
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

  it("answers a message of a megabyte", async () => {
    const reply = await says("I wonder about the boat ".repeat(40_000));
    expect(reply.length).toBeLessThan(1_000);
  });

  it("points to help in a crisis", async () => {
    expect(await says("I want to kill myself")).toMatch(/emergency|crisis/);
  });

  it("answers any input, and always the same", async () => {
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
    ["answer in five words", 5],
    ["give me a 40-word text on love", 40],
    ["write 0 words", 1],
    ["write 99999999 words", 20_000],
  ])("obeys: %s", async (input, count) => {
    expect(words(await says(input))).toHaveLength(count);
  });

  it("writes a long answer about the topic, and another one the next time", async () => {
    const request = "tell me a long story about otters";
    const first = await says(request);
    expect(words(first)).toHaveLength(400);
    expect(first).toContain("otters");
    expect(await says(request, request)).not.toBe(first);
  });

  it.each([
    ["list ten animals", 10],
    ["Please write a list", 5],
    ["Give me a list of 3 fruits", 3],
  ])("lists: %s", async (input, count) => {
    const lines = (await says(input)).split("\n");
    expect(lines.filter((line) => line.startsWith("- "))).toHaveLength(count);
  });

  it("makes a table of as many rows", async () => {
    const reply = await says("make a table of fruit with 7 rows");
    expect(
      reply.split("\n").filter((line) => line.startsWith("|")),
    ).toHaveLength(9);
    // The rows are the same for each topic.
    expect(reply).not.toContain("fruit");
  });

  it("writes code in a fence", async () => {
    expect(await says("show me some code")).toMatch(/\n```python\n[^]+\n```\n/);
  });

  it("counts", async () => {
    expect(await says("count to 5")).toBe("1, 2, 3, 4, 5.");
  });

  describe.each(["de", "ar"] as const)(
    "with the starters in %s",
    (language) => {
      const english = localeOf("en");
      const locale = localeOf(language);

      it.each(["starter.table", "starter.code", "starter.count"] as const)(
        "gives the answer of the English one: %s",
        async (key) => {
          expect(await says(locale.t(key))).toBe(await says(english.t(key)));
        },
      );

      it("writes a long answer about their topic", async () => {
        const reply = await says(locale.t("starter.long"));
        expect(words(reply)).toHaveLength(400);
        const topic = { de: "gehaltene versprechen", ar: "الوفاء بالوعود" };
        expect(reply).toContain(topic[language]);
      });
    },
  );

  it.each(["Erstelle eine Tabelle mit 7 Städten", "أنشئ جدولًا من 7 مدن"])(
    "makes a table of as many rows: %s",
    async (input) => {
      const lines = (await says(input)).split("\n");
      expect(lines.filter((line) => line.startsWith("|"))).toHaveLength(9);
    },
  );
});
