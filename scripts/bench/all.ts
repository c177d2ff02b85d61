import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { writeFileSync } from "node:fs";
import { growth } from "./all-parts/growth";
import { type Arena, NO_TIME, type Part } from "./all-parts/measure";
import { messages, streams } from "./all-parts/messages";
import { pages } from "./all-parts/pages";
import { pageOf, type Results, summaryTable } from "./all-parts/results-page";
import { start } from "./all-parts/start";
import { machineNow } from "./all-parts/machine";
import { StoredResults } from "./all-parts/stored-results";
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
 *   scripts/bench/all [--quick] [--missing] [PART...]   visits, pages, messages, streams, start, growth; all by default
 *
 * --quick     fewer and shorter rounds
 * --missing   measures only parts that have no figures of these sources yet: after a run that was
 *             interrupted, or in which a part failed
 *
 * On a busy machine, `chrt -r 1 scripts/bench/all` gives all that is measured real-time priority.
 *
 * BENCH_CACHE   a folder for the peers' virtual environment (1 GB) and a million sessions (8 GB), which
 *               stay for later runs (~/.cache/keepsake-bench)
 * MINUTES (90)  no turn begins later: a run ends within some minutes after it, without what is missing
 * PEERS_LOG     if set, shows what the peers log
 */

const PAGE = "docs/benchmarks.md";
const cache = process.env["BENCH_CACHE"] ?? "build/bench-all";
const minutes = Number(process.env["MINUTES"] ?? 90);
const contestants = [keepsake, streamlit, chainlit, gradio];
const parts: Part[] = [start, visits, pages, messages, streams, growth];

async function main(): Promise<void> {
  const { values, positionals: names } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean" }, missing: { type: "boolean" } },
  });
  const isQuick = values.quick === true;
  const model = await startClockModel();
  const arena = createArena(model, isQuick);
  const stored = new StoredResults(cache, isQuick);
  const results: Results[] = [];
  try {
    for (const part of partsNamed(names)) {
      console.error(part.title);
      const known = values.missing ? stored.read(part.name) : undefined;
      results.push(known ? { part, ...known } : await measure(part, arena));
      if (!known) store(stored, results.at(-1));
    }
  } finally {
    for (const contestant of arena.contestants) await arena.stop(contestant);
    model.close();
  }
  const page = pageOf(results, isQuick);
  if (names.length > 0) console.log(page);
  else save(page, results);
}

function partsNamed(names: string[]): Part[] {
  const unknown = names.filter(
    (name) => !parts.some((part) => part.name === name),
  );
  if (unknown.length > 0)
    throw new Error(`There is no part ${unknown.join(", ")}.`);
  return parts.filter(({ name }) => names.length === 0 || names.includes(name));
}

function save(page: string, results: Results[]): void {
  const measures = results.flatMap((one) => one.measures);
  const names = contestants.map(({ name }) => name);
  writeFileSync(PAGE, page);
  updateTable("README.md", "benchmarks", summaryTable(measures, names));
  execFileSync("node_modules/.bin/prettier", ["--write", PAGE, "README.md"]);
}

/** A part that fails costs no other one its figures. */
async function measure(part: Part, arena: Arena): Promise<Results> {
  const begun = machineNow();
  try {
    if (performance.now() > arena.deadline) throw new Error(NO_TIME);
    const measures = await part.run(arena);
    return { part, measures, begun, ended: machineNow() };
  } catch (error) {
    console.error(error);
    const failure = String(error);
    return { part, measures: [], failure, begun, ended: machineNow() };
  }
}

/** Keeps the figures of a part in which all chats took each of their turns. */
function store(stored: StoredResults, results: Results | undefined): void {
  if (!results || results.failure !== undefined) return;
  const notes = results.measures.flatMap((one) => [...one.notes.values()]);
  if (notes.some((note) => note.startsWith("failed"))) return;
  const { part, measures, begun, ended } = results;
  stored.write(part.name, { measures, begun, ended });
}

function createArena(model: ClockModel, isQuick: boolean): Arena {
  const running = new Map<Contestant, RunningChat>();
  return {
    model,
    isQuick,
    deadline: performance.now() + minutes * 60_000,
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
