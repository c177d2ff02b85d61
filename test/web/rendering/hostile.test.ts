import { setImmediate as turn } from "node:timers/promises";
import { hostileTexts } from "../../../scripts/bench/hostile-texts";
import { renderText } from "../../../app/web/rendering/growing-markdown";
import { finish } from "../../../app/web/rendering/steps";
import { TimeSlices } from "../../../app/web/rendering/time-slices";
import {
  type WorkLimits,
  workLimits,
} from "../../../app/web/rendering/work-limits";

/** Longer than a block may be. */
const LENGTH = 36 * 1024;

/** Limits that count how often work is compared with them: at each attempt of the parser. */
function countingLimits() {
  const count = { attempts: 0 };
  const counted = (limit: number) => ({
    get: () => {
      count.attempts++;
      return limit;
    },
  });
  const limits: WorkLimits = Object.create(workLimits, {
    blockWork: counted(workLimits.blockWork),
    inlineWork: counted(workLimits.inlineWork),
  });
  return { count, limits };
}

/** The attempts of the longest step and of all steps, and the HTML. */
function measure(text: string) {
  const { count, limits } = countingLimits();
  const steps = renderText(text, { limits });
  let longest = 0;
  let before = 0;
  for (;;) {
    const step = steps.next();
    longest = Math.max(longest, count.attempts - before);
    before = count.attempts;
    if (!step.done) continue;
    const html = step.value.map((block) => block.html).join("");
    return { longest, all: count.attempts, html };
  }
}

const names = Object.keys(hostileTexts(1));

describe("a text that costs much", () => {
  it.each(names)("takes bounded steps, and few in all: %s", (name) => {
    const text = hostileTexts(LENGTH)[name] ?? "";
    const { longest, all, html } = measure(text);
    // A block, and what is counted before the parser pauses.
    expect(longest).toBeLessThanOrEqual(workLimits.blockWork + 4_100);
    expect(all).toBeLessThan(5 * LENGTH);
    expect(html.length).toBeLessThan(36 * LENGTH);
  });

  it("keeps all that it shows as plain text", () => {
    const text = `${"![a](http://b)".repeat(2_000)}\n\n**end**`;
    const { html } = measure(text);
    expect(html).toContain("It is shown as plain text.");
    expect(html.split("![a](http://b)").length).toBe(2_001);
    expect(html).toContain("<p><strong>end</strong></p>");
  });

  it("does not change how a long answer is shown", () => {
    const row = "| one | **two** | `three` |\n";
    const item = "- An item with **bold** text\n";
    const line = "const a = 1 < 2;\n";
    const parts = [
      "A paragraph with a [link](https://a.example/b).\n\n".repeat(500),
      `|a|b|c|\n|-|-|-|\n${row.repeat(2_000)}\n`,
      `${item.repeat(2_000)}\n`,
      `\`\`\`js\n${line.repeat(5_000)}\`\`\`\n\n`,
      "The end.",
    ];
    const { html } = measure(parts.join(""));
    expect(html).not.toContain("plain text");
    expect(html.split("<td>one</td>")).toHaveLength(2_001);
    expect(html.split("<li>An item with <strong>")).toHaveLength(2_001);
    const shown = html.replace(/<\/?span[^>]*>/g, "");
    expect(shown.split("const a = 1 &lt; 2;")).toHaveLength(5_001);
    expect(html.split("<pre")).toHaveLength(2);
    expect(html.split("<p>")).toHaveLength(502);
  });

  it("leaves turns of the event loop to others while it is rendered", async () => {
    const text = hostileTexts(LENGTH)["table"] ?? "";
    const slices = new TimeSlices({ sliceMs: 0 });
    const others = { isOver: false, turns: 0 };
    const rendering = [0, 1, 2].map(() => slices.run(renderText(text)));
    const all = Promise.all(rendering).finally(() => {
      others.isOver = true;
    });
    while (!others.isOver) {
      await turn();
      others.turns++;
    }
    const [first] = await all;
    expect(first).toEqual(finish(renderText(text)));
    expect(others.turns).toBeGreaterThan(1_000);
  });

  it("takes turns with other work, which comes first when it is new", async () => {
    const slices = new TimeSlices({ sliceMs: 0 });
    const order: string[] = [];
    const work = function* (name: string, steps: number) {
      for (let step = 0; step < steps; step++) yield;
      order.push(name);
    };
    const long = slices.run(work("long", 50));
    for (let i = 0; i < 5; i++) await turn();
    await slices.run(work("short", 1));
    await long;
    expect(order).toEqual(["short", "long"]);
  });
});
