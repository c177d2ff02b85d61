import { readdirSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { type Environment, environmentSchema } from "./environment";
import { brokenRules } from "./rules";
import type { Fault } from "./rules/rule";

/** Thrown at synth: its message names every fault of an environment, where it is, and what to do. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

/** Each file here is an environment: one of your own is one more file. */
const DIRECTORY = path.join(__dirname, "../environments");

/** The names of all environments, sorted. */
export function environmentNames(directory = DIRECTORY): string[] {
  return readdirSync(directory)
    .filter((file) => /^[^.]+\.(ts|js)$/.test(file))
    .map((file) => path.parse(file).name)
    .toSorted((a, b) => a.localeCompare(b));
}

/**
 * Reads an environment's file, and checks every field.
 *
 * @param overrides Fields that this run sets: the image that was just pushed.
 * @throws EnvironmentError naming all faults, or the environments that there are.
 */
export async function readEnvironment(
  name: string,
  overrides: { image?: string } = {},
  directory = DIRECTORY,
): Promise<Environment> {
  const names = environmentNames(directory);
  if (!names.includes(name)) {
    throw new EnvironmentError(
      `There is no environment ${JSON.stringify(name)}. There are ${names.join(", ")}: each is a file in k8s/environments/.`,
    );
  }
  const module = (await import(path.join(directory, name))) as {
    default?: unknown;
  };
  // A CommonJS module that was compiled from an ES one has its default one level further down.
  const written = withoutWrapper(module.default);
  return parseEnvironment({ ...(written as object), ...overrides }, name);
}

/**
 * Checks an environment.
 *
 * @param file The name of its file, which must be its name.
 * @throws EnvironmentError naming all faults at once.
 */
export function parseEnvironment(input: unknown, file?: string): Environment {
  const result = environmentSchema.safeParse(input);
  const faults = [
    ...(result.error?.issues ?? []).flatMap((issue) => asFaults(issue, input)),
    ...brokenRules(input),
    ...misnamed(input, file),
  ];
  if (result.success && faults.length === 0) return result.data;
  const name = file ?? JSON.stringify(at(input, ["name"]) ?? "");
  throw new EnvironmentError(
    [
      `The environment ${name} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:`,
    ]
      .concat(faults.map((fault) => `  ${sentence(fault)}`))
      .join("\n"),
  );
}

function misnamed(input: unknown, file: string | undefined): Fault[] {
  const name = at(input, ["name"]);
  if (file === undefined || typeof name !== "string" || name === file) {
    return [];
  }
  return [
    {
      path: "name",
      value: name,
      message: `must be ${JSON.stringify(file)}, as its file is named`,
    },
  ];
}

function asFaults(issue: z.core.$ZodIssue, input: unknown): Fault[] {
  const where = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...where, key].join("."),
      value: at(input, [...where, key]),
      message: "is no field of an environment. Remove it, or mend its name",
    }));
  }
  const value = at(input, where);
  const message = value === undefined ? missing(issue) : mistaken(issue);
  return [{ path: where.join("."), value, message }];
}

const TYPES: Record<string, string> = {
  string: "a text, in quotes",
  boolean: "true or false",
  array: "a list",
  object: "an object with fields",
  record: "an object with fields",
};

/** A field of the wrong type has no message of its own yet. */
function mistaken(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith("Invalid input")) return issue.message;
  const expected = issue.code === "invalid_type" ? issue.expected : "";
  return `must be ${TYPES[expected] ?? "something else"}`;
}

/** "Invalid input: expected string" says nothing to someone who forgot a field. */
function missing(issue: z.core.$ZodIssue): string {
  return issue.message.startsWith("Invalid input")
    ? "must be set"
    : `is missing, and ${issue.message}`;
}

/** A secret in the wrong place is still a secret. */
const visible = (where: string, value: unknown) =>
  /(TOKEN|KEY|KEYS)$/.test(where) ? "(hidden)" : JSON.stringify(value);

function sentence({ path: where, value, message }: Fault): string {
  const shown = value === undefined ? "" : ` ${visible(where, value)}`;
  return `${where || "it"}${shown} ${message}.`;
}

function at(input: unknown, where: string[]): unknown {
  return where.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<string, unknown>)[key]
        : undefined,
    input,
  );
}

function withoutWrapper(written: unknown): unknown {
  return at(written, ["default"]) ?? written;
}
