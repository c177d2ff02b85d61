import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Moment } from "./machine";
import type { Measure } from "./measure";

/** The figures of one part, and when they were measured. */
export interface Measured {
  measures: Measure[];
  begun: Moment;
  ended: Moment;
}

/** Only these decide what is measured. */
const SOURCES = ["app", "scripts/bench", "package-lock.json"];

/** The results of whole parts, as files: a run that was interrupted goes on where it stopped. */
export class StoredResults {
  /** `undefined` while there are changes that are not committed: they have no name. */
  readonly #folder: string | undefined;

  /** @param cache The parent folder. */
  constructor(cache: string, isQuick: boolean) {
    const commit = commitOfSources();
    const name = `${commit}-${isQuick ? "quick" : "full"}`;
    this.#folder = commit && path.join(cache, "results", name);
  }

  read(part: string): Measured | undefined {
    const file = this.#file(part);
    if (!file || !existsSync(file)) return undefined;
    return decodeMeasured(readFileSync(file, "utf8"));
  }

  write(part: string, measured: Measured): void {
    const file = this.#file(part);
    if (!file) return;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, encodeMeasured(measured));
  }

  #file(part: string): string | undefined {
    return this.#folder && path.join(this.#folder, `${part}.json`);
  }
}

export const encodeMeasured = (measured: Measured): string =>
  JSON.stringify(measured, (_, value: unknown) =>
    value instanceof Map
      ? { entries: [...(value as Map<string, unknown>)] }
      : value,
  );

export function decodeMeasured(text: string): Measured {
  const { measures, begun, ended } = JSON.parse(text) as StoredMeasured;
  return {
    measures: measures.map((measure) => ({
      ...measure,
      values: new Map(measure.values.entries),
      notes: new Map(measure.notes.entries),
    })),
    begun: { ...begun, at: new Date(begun.at) },
    ended: { ...ended, at: new Date(ended.at) },
  };
}

interface StoredMeasured extends Pick<Measured, "begun" | "ended"> {
  measures: (Omit<Measure, "values" | "notes"> & {
    values: { entries: [string, number[]][] };
    notes: { entries: [string, string][] };
  })[];
}

function commitOfSources(): string | undefined {
  try {
    if (git("status", "--porcelain") !== "") return undefined;
    return git("log", "-1", "--format=%h");
  } catch {
    // Not in a clone.
    return undefined;
  }
}

const git = (...args: string[]) =>
  execFileSync("git", [...args, "--", ...SOURCES], {
    encoding: "utf8",
  }).trim();
