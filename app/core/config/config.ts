import path from "node:path";
import type { z } from "zod";
import { modelFaults } from "./model-faults";
import { signInFaults } from "./sign-in-faults";
import { tlsFaults } from "./tls-faults";
import {
  backendSettings,
  preflightSettings,
  sweepSettings,
  webSettings,
} from "./settings";

/** Thrown at start. The message names every invalid setting with a remedy. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** A message for each invalid setting. */
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

/** @throws ConfigError naming every invalid setting. */
export function readWebConfig(env: NodeJS.ProcessEnv): WebConfig {
  return read(
    webSettings,
    env,
    (valid) => new Map([...signInFaults(valid), ...tlsFaults(valid)]),
  );
}

/** @throws ConfigError naming every invalid setting. */
export function readBackendConfig(env: NodeJS.ProcessEnv): BackendConfig {
  return read(
    backendSettings,
    env,
    (valid) => new Map([...modelFaults(valid), ...tlsFaults(valid)]),
  );
}

/** @throws ConfigError naming every invalid setting. */
export function readPreflightConfig(env: NodeJS.ProcessEnv): PreflightConfig {
  return read(preflightSettings, env, tlsFaults);
}

/** @throws ConfigError naming every invalid setting. */
export function readSweepConfig(env: NodeJS.ProcessEnv): SweepConfig {
  return read(sweepSettings, env);
}

/** The only code that reads `process.env`. */
export const environment = (): NodeJS.ProcessEnv => process.env;

/**
 * @param findConflicts Checks combinations of valid settings. Returns a message for each setting that
 *   conflicts with others.
 */
function read<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
  findConflicts: (valid: Partial<z.output<S>>) => Map<string, string> = () =>
    new Map(),
): z.output<S> {
  const settings = withSecretsBesideData(withoutEmpty(env));
  const result = schema.safeParse(settings);
  const faults = new Set<string>();
  const invalid = new Set<string>();
  for (const {
    path: [setting],
    message,
  } of result.error?.issues ?? []) {
    const name = String(setting);
    invalid.add(name);
    faults.add(`${name} ${JSON.stringify(shown(name, env[name]))} ${message}.`);
  }
  const valid = result.data ?? validOnly(schema, settings);
  for (const [name, sentence] of findConflicts(valid)) {
    if (!invalid.has(name)) faults.add(sentence);
  }
  if (faults.size > 0 || !result.success) throw new ConfigError(...faults);
  return result.data;
}

/** Settings for which an empty value differs from the default. */
const mayBeEmpty = new Set(["SYSTEM_PROMPT"]);

/** Compose files and manifests unset a variable by making it empty. */
function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value]) => value !== "" || mayBeEmpty.has(name),
    ),
  );
}

/**
 * Keeps the secrets beside the data by default, so that they move with it. Processes with the same
 * environment, or with sibling directories, find the same secrets.
 */
function withSecretsBesideData(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const data = env.DATA_DIRECTORY ?? env.SESSION_DIRECTORY;
  if (data === undefined) return env;
  return {
    SECRETS_DIRECTORY: path.join(path.dirname(data), "secrets"),
    ...env,
  };
}

/** The settings that are valid on their own, when others are not. */
function validOnly<S extends z.ZodObject>(
  schema: S,
  env: NodeJS.ProcessEnv,
): Partial<z.output<S>> {
  const shape: Record<string, z.ZodType> = schema.shape;
  const valid = Object.entries(shape).flatMap(([name, setting]) => {
    const { success, data } = setting.safeParse(env[name]);
    return success ? [[name, data]] : [];
  });
  return Object.fromEntries(valid) as Partial<z.output<S>>;
}

const secrets = /_(?:TOKEN|KEYS?|HEADERS|PROXY)$/;

/** Hides secrets, invalid ones too. */
function shown(name: string, value: string | undefined): string {
  return secrets.test(name) ? "(hidden)" : (value ?? "");
}
