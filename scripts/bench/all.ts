import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { growth } from "./all-parts/growth";
import type { Arena, Part } from "./all-parts/measure";
import { messages, streams } from "./all-parts/messages";
import { pages } from "./all-parts/pages";
import { pageOf, type Results, summaryTable } from "./all-parts/results-page";
import { start } from "./all-parts/start";
import { machineNow } from "./all-parts/machine";
import { visits } from "./all-parts/visits";
import { startClockModel, type ClockModel } from "./clock-model";
import { chainlit } from "./peers/chainlit";
import type { Contestant, RunningChat } from "./peers/chat";
import { updateTable } from "../support/generated-table";
import { gradio } from "./peers/gradio";
import { keepsake } from "./peers/keepsake";
import { streamlit } from "./peers/streamlit";

/*
 * Measures Keepsake beside chats made with Streamlit, Chainlit and Gradio, in alternating rounds. They run
 * on this machine, with one stand-in for a model. Writes `docs/benchmarks.md`, and the table
 * in README, after a run of all parts; prints the page after any other.
 *
 *   scripts/bench/all [--quick] [PART...]   visits, pages, messages, streams, start, growth; all by default
 *
 * On a busy machine, `chrt -r 1 scripts/bench/all` gives all that is measured real-time priority.
 *
 * BENCH_CACHE   a folder for the peers' virtual environment (1 GB) and a million sessions (8 GB), which
 *               stay for later runs (~/.cache/keepsake-bench)
 * PEERS_LOG     if set, shows what the peers log
 */

const PAGE = "docs/benchmarks.md";
const contestants = [keepsake, streamlit, chainlit, gradio];
const parts: Part[] = [start, visits, pages, messages, streams, growth];

async function main(): Promise<void> {
  const names = process.argv.slice(2).filter((name) => name !== "--quick");
  const isQuick = process.argv.includes("--quick");
  const unknown = names.filter(
    (name) => !parts.some((part) => part.name === name),
  );
  if (unknown.length > 0)
    throw new Error(`There is no part ${unknown.join(", ")}.`);
  const wanted = parts.filter(
    ({ name }) => names.length === 0 || names.includes(name),
  );
  const model = await startClockModel();
  const arena = createArena(model, isQuick);
  const begun = machineNow();
  const results: Results[] = [];
  try {
    for (const part of wanted) {
      console.error(part.title);
      results.push(await resultsOf(part, arena));
    }
  } finally {
    for (const contestant of arena.contestants) await arena.stop(contestant);
    model.close();
  }
  const page = pageOf(results, { begun, ended: machineNow(), isQuick });
  if (names.length > 0) console.log(page);
  else save(page, results);
}

function save(page: string, results: Results[]): void {
  const measures = results.flatMap((one) => one.measures);
  const names = contestants.map(({ name }) => name);
  writeFileSync(PAGE, page);
  updateTable("README.md", "benchmarks", summaryTable(measures, names));
  execFileSync("node_modules/.bin/prettier", ["--write", PAGE, "README.md"]);
}

/** A part that fails costs no other one its figures. */
async function resultsOf(part: Part, arena: Arena): Promise<Results> {
  try {
    return { part, measures: await part.run(arena) };
  } catch (error) {
    console.error(error);
    return { part, measures: [], failure: String(error) };
  }
}

function createArena(model: ClockModel, isQuick: boolean): Arena {
  const running = new Map<Contestant, RunningChat>();
  return {
    model,
    isQuick,
    contestants,
    chat: async (contestant) => {
      const chat =
        running.get(contestant) ?? (await contestant.start(model.env));
      running.set(contestant, chat);
      return chat;
    },
    stop: async (contestant) => {
      const chat = running.get(contestant);
      running.delete(contestant);
      await chat?.stop();
    },
  };
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
