import { withTimeout } from "../../../app/core/runtime/async";
import type { Contestant, RunningChat } from "../peers/chat";
import type { ClockModel } from "../clock-model";

/** One figure of several chats, over the rounds. */
export interface Measure {
  title: string;
  unit: string;
  better: "lower" | "higher";
  /** The values of each round, by the chat's name. The first chat is the one that others are compared with. */
  values: Map<string, number[]>;
  /** The reasons why a chat has fewer values, or facts about them. */
  notes: Map<string, string>;
}

/** A part of the run. */
export interface Part {
  /** The argument of `scripts/bench/all` that selects it. */
  name: string;
  title: string;
  /** Sentences that say how the figures are obtained. */
  method: string[];
  run(arena: Arena): Promise<Measure[]>;
}

/** The chats of a run, and how long it may measure. */
export interface Arena {
  model: ClockModel;
  contestants: Contestant[];
  isQuick: boolean;
  /** No turn begins after it: the time of `performance.now()`. */
  deadline: number;
  /** Starts the chat unless it runs. */
  chat(contestant: Contestant): Promise<RunningChat>;
  /** Ends the chat, if it runs. */
  stop(contestant: Contestant): Promise<void>;
}

export const newMeasure = (
  title: string,
  unit: string,
  better: Measure["better"],
): Measure => ({ title, unit, better, values: new Map(), notes: new Map() });

export function add(measure: Measure, name: string, value: number): void {
  const values = measure.values.get(name) ?? [];
  measure.values.set(name, [...values, value]);
}

/**
 * Lets all chats take turns, so that other load on the machine affects each of them. A chat that fails is
 * restarted for its next turn, and the measures say why it failed.
 */
export async function takeTurns(
  arena: Arena,
  rounds: number,
  measures: Measure[],
  turn: (contestant: Contestant) => Promise<void>,
): Promise<void> {
  for (let round = 1; round <= rounds; round++)
    for (const contestant of arena.contestants) {
      console.error(`  round ${round} of ${rounds}: ${contestant.name}`);
      try {
        if (performance.now() > arena.deadline) throw new Error(NO_TIME);
        const late = () => new Error(`no end within ${TURN_MS / 60_000} min`);
        await withTimeout(turn(contestant), TURN_MS, { error: late });
      } catch (error) {
        const reason = `failed in round ${round}: ${messageOf(error)}`;
        console.error(`    ${reason}`);
        for (const { notes } of measures) notes.set(contestant.name, reason);
        await arena.stop(contestant);
      }
    }
}

export const NO_TIME = "no time was left: see MINUTES";

/** Far more than any turn takes. A chat that does not answer loses its turn alone. */
const TURN_MS = 5 * 60_000;

const messageOf = (error: unknown) =>
  String(error instanceof Error ? error.message : error)
    .replace(/\s+/g, " ")
    .slice(0, 200);

/** Repeats `work`, `parallel` at a time. */
export async function inBatches<T>(
  count: number,
  parallel: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const done: T[] = [];
  while (done.length < count) {
    const first = done.length;
    const length = Math.min(parallel, count - first);
    const batch = Array.from({ length }, (_, index) => work(first + index));
    done.push(...(await Promise.all(batch)));
  }
  return done;
}
