import path from "node:path";
import type { z } from "zod";
import { modelFaults } from "./model-faults";
import {
  backendSettings,
  preflightSettings,
  sweepSettings,
  webSettings,
} from "./settings";

/** Thrown at start: its message names every setting that is wrong, and what to do about each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** One sentence, or a few, for each. */
  readonly faults: readonly string[];

  constructor(...faults: string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

export type SweepConfig = z.output<typeof sweepSettings>;
export type PreflightConfig = z.output<typeof preflightSettings>;
export type WebConfig = z.output<typeof webSettings>;
export type BackendConfig = z.output<typeof backendSettings>;

/**
 * Reads web's settings.
 *
 * @throws ConfigError naming every bad setting at once.
 */
export function readWebConfig(env: NodeJS.ProcessEnv): WebConfig {
  return read(webSettings, env);
}

/**
 * Reads the backend's settings.
 *
 * @throws ConfigError naming every bad setting at once.
 */
export function readBackendConfig(env: NodeJS.ProcessEnv): BackendConfig {
  return read(backendSettings, env, modelFaults);
}

/**
 * Reads preflight's settings: those of both, as far as they are known where it runs.
 *
 * @throws ConfigError naming every bad setting at once.
 */
export function readPreflightConfig(env: NodeJS.ProcessEnv): PreflightConfig {
  return read(preflightSettings, env);
}

/**
 * Reads a sweep's settings.
 *
 * @throws ConfigError naming every bad setting at once.
 */
export function readSweepConfig(env: NodeJS.ProcessEnv): SweepConfig {
  return read(sweepSettings, env);
}

/** The process's own environment: the one place that reads it. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/**
 * @param together What settings that are right by themselves have against each other: setting →
 *   a sentence. It is given those that are right.
 */
function read<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
  together: (right: Partial<z.output<S>>) => Map<string, string> = () =>
    new Map(),
): z.output<S> {
  const given = withSecretsBesideData(withoutEmpty(env));
  const result = schema.safeParse(given);
  const faults = new Set<string>();
  const wrong = new Set<string>();
  for (const {
    path: [setting],
    message,
  } of result.error?.issues ?? []) {
    const name = String(setting);
    wrong.add(name);
    faults.add(`${name} ${JSON.stringify(shown(name, env[name]))} ${message}.`);
  }
  const right = result.data ?? onlyRight(schema, given);
  for (const [name, sentence] of together(right)) {
    if (!wrong.has(name)) faults.add(sentence);
  }
  if (faults.size > 0 || !result.success) throw new ConfigError(...faults);
  return result.data;
}

/** An empty variable means an absent one: that is how compose files and manifests unset things. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== ""),
  );
}

/**
 * Whoever moves the data, or mounts it elsewhere, takes its secrets along. Processes that have one
 * environment find the same ones, and so do those whose directories lie side by side.
 */
function withSecretsBesideData(given: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const data = given.DATA_DIRECTORY ?? given.SESSION_DIRECTORY;
  if (data === undefined) return given;
  return {
    SECRETS_DIRECTORY: path.join(path.dirname(data), "secrets"),
    ...given,
  };
}

/** The settings that are right by themselves, when others are not. */
function onlyRight<S extends z.ZodObject>(
  schema: S,
  given: NodeJS.ProcessEnv,
): Partial<z.output<S>> {
  const shape: Record<string, z.ZodType> = schema.shape;
  const right = Object.entries(shape).flatMap(([name, setting]) => {
    const { success, data } = setting.safeParse(given[name]);
    return success ? [[name, data]] : [];
  });
  return Object.fromEntries(right) as Partial<z.output<S>>;
}

const secrets = /_(?:TOKEN|KEYS?|HEADERS|PROXY)$/;

/** A secret that is wrong is still a secret. */
function shown(name: string, value: string | undefined): string {
  return secrets.test(name) ? "(hidden)" : (value ?? "");
}
