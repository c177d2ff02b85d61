import { add, inBatches, newMeasure, type Part, takeTurns } from "./measure";

const TOKENS = 50;

export const start: Part = {
  name: "start",
  title: "Cold start and memory",
  method: [
    "From the start of the first process to the first page. Keepsake is two processes, web and backend, and starts one after the other.",
    "Memory is the resident memory of all processes of a chat: after the start, and its growth over many sessions.",
    `Each of these sessions opens the page and sends one message, with a reply of ${TOKENS} tokens. As many sessions come before: with those, a process loads code, and its heap reaches its usual size.`,
    "Keepsake's sessions are on disk: its growth is caches, which are bounded.",
    "Streamlit loads most of its code with the first session, after its memory at rest is measured.",
  ],
  async run(arena) {
    const cold = newMeasure("Cold start", "s", "lower");
    const rest = newMeasure("Memory at rest", "MiB", "lower");
    const each = newMeasure("Memory a session", "KiB", "lower");
    const sessions = arena.isQuick ? 50 : 200;
    const rounds = arena.isQuick ? 1 : 3;
    const measured = new Set<string>();
    const measures = [cold, rest, each];
    await takeTurns(arena, rounds, measures, async (contestant) => {
      await arena.stop(contestant);
      const chat = await arena.chat(contestant);
      add(cold, contestant.name, chat.startMs / 1_000);
      add(rest, contestant.name, chat.memory());
      if (measured.has(contestant.name)) return;
      measured.add(contestant.name);
      Object.assign(arena.model, { rate: Infinity, tokens: TOKENS });
      const visit = async () => {
        const visitor = chat.visitor();
        await visitor.open();
        await visitor.send("Hello", () => undefined);
        visitor.close();
      };
      await inBatches(sessions, 10, visit);
      const before = chat.memory();
      await inBatches(sessions, 10, visit);
      const growth = (chat.memory() - before) * 1_024;
      add(each, contestant.name, growth / sessions);
    });
    return measures;
  },
};
