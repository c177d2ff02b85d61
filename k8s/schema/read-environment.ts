import { readdirSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { type Environment, environmentSchema } from "./environment";
import { brokenRules } from "./rules";
import type { Fault } from "./rules/rule";

/** Names every fault of an environment, its path and the remedy. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
}

const DIRECTORY = path.join(__dirname, "../environments");

export function environmentNames(directory = DIRECTORY): string[] {
  return readdirSync(directory)
    .filter((file) => /^[^.]+\.(ts|js)$/.test(file))
    .map((file) => path.parse(file).name)
    .toSorted((a, b) => a.localeCompare(b));
}

/**
 * Reads and validates an environment's file.
 *
 * @throws EnvironmentError with all faults, or with the names of all environments.
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
  const written = await load(path.join(directory, name));
  if (written === undefined) {
    throw new EnvironmentError(
      `k8s/environments/${name}.ts exports no environment. End it with "export default" and the environment.`,
    );
  }
  return parseEnvironment({ ...(written as object), ...overrides }, name);
}

/**
 * @returns The default export, or `undefined` without one.
 * @throws EnvironmentError with the place and the cause, if the file is not valid TypeScript.
 */
async function load(file: string): Promise<unknown> {
  try {
    const module = (await import(file)) as { default?: unknown };
    // A CommonJS module compiled from an ES module has its default export one level deeper.
    return withoutWrapper(module.default);
  } catch (error) {
    const name = path.basename(file);
    throw new EnvironmentError(
      `k8s/environments/${name}.ts can't be read. ${causeOf(error, path.dirname(file))}`,
      { cause: error },
    );
  }
}

/** The cause and its line, without a stack: the compiler writes both into the message. */
function causeOf(error: unknown, directory: string): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message
    .replace(/^Transform failed with \d+ errors?:\n/, "")
    .replace(/\nRequire stack:.*/s, "");
  const line = error.stack?.match(/environments\/(\S+?:\d+):\d+/)?.[1];
  const isPlaced = message.includes(directory);
  const place = isPlaced || line === undefined ? "" : `${line}: `;
  return `${place}${message.replaceAll(`${directory}/`, "")}`;
}

/**
 * Validates an environment.
 *
 * @param file The name of its file, which the environment must have, too.
 * @throws EnvironmentError with all faults at once.
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
      message:
        "is not a field of an environment. Remove it or correct its name",
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

/** Replaces zod's own messages for a wrong type. */
function mistaken(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith("Invalid input")) return issue.message;
  const expected = issue.code === "invalid_type" ? issue.expected : "";
  return `must be ${TYPES[expected] ?? "something else"}`;
}

/** Replaces zod's own messages for a missing field. */
function missing(issue: z.core.$ZodIssue): string {
  return issue.message.startsWith("Invalid input")
    ? "must be set"
    : `is missing, and ${issue.message}`;
}

/** Never prints a secret, even in the wrong place. */
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
