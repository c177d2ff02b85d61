import { pageRates } from "../pages";
import type { ChatVisitor } from "../peers/chat";
import { runFor } from "../session-stores/rounds";
import { add, newMeasure, type Part, takeTurns } from "./measure";
import { closeAll, openVisitors } from "./messages";

const VISITORS = 10;
const TURNS = 10;
const TOKENS = 50;

export const pages: Part = {
  name: "pages",
  title: "Pages",
  method: [
    `${VISITORS} visitors load the page of a conversation of ${2 * TURNS} messages again and again, without its static files.`,
    "Keepsake's page and that of bare Koa are one GET each, by autocannon.",
    "Koa renders a template of as many characters, without a session, a backend or a conversation.",
    "Streamlit's page is its HTML, and a run of its script over the WebSocket.",
    "Those of Chainlit and Gradio are their HTML and their settings, and Chainlit's connection. They show an empty conversation, since neither keeps one without a database.",
  ],
  async run(arena) {
    const rate = newMeasure("Pages a second", "a second", "higher");
    const rounds = arena.isQuick ? 1 : 3;
    const ms = arena.isQuick ? 3_000 : 6_000;
    const [keepsake, ...others] = arena.contestants;
    if (!keepsake) throw new Error("Keepsake must take part");
    const { url } = await arena.chat(keepsake);
    Object.assign(arena.model, { rate: Infinity, tokens: TOKENS });
    const compare = await pageRates(url, VISITORS);
    const visitors = new Map<string, ChatVisitor[]>();
    await takeTurns(arena, rounds, [rate], async (contestant) => {
      const { name } = contestant;
      if (contestant === keepsake) {
        const { ours, bare } = await compare.round(VISITORS, ms / 1_000);
        add(rate, name, ours.rate);
        add(rate, "bare Koa", bare.rate);
        return;
      }
      const own =
        visitors.get(name) ?? (await openVisitors(arena, contestant, VISITORS));
      if (!visitors.has(name)) await converse(arena.model, own);
      visitors.set(name, own);
      const run = await runFor(
        ms,
        VISITORS,
        (lane) => own[lane]?.open() ?? Promise.resolve(),
      );
      add(rate, name, run.done / run.seconds);
    });
    compare.stop();
    for (const { name } of others) closeAll(visitors.get(name) ?? []);
    return [rate];
  },
};

async function converse(
  model: { rate: number; tokens: number },
  visitors: ChatVisitor[],
): Promise<void> {
  Object.assign(model, { rate: Infinity, tokens: TOKENS });
  await Promise.all(
    visitors.map(async (visitor) => {
      for (let turn = 1; turn < TURNS; turn++)
        await visitor.send("Hello", () => undefined);
    }),
  );
}
