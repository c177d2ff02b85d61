#!/usr/bin/env node
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import {
  ConfigError,
  environment,
  readPreflightConfig,
} from "../core/config/config";
import { readSecret } from "../core/config/secrets";
import type { Settings } from "./check";
import { checks } from "./checks";
import { joinAsPeer, sharedVolume } from "./checks/shared-volume";
import { findCluster, findUrl } from "./find-cluster";
import { messageOf } from "./message-of";
import { HELP, type Options, readOptions, UsageError } from "./options";
import { asJson, asText, summary } from "./report";
import { passes, runChecks } from "./run-checks";
import { directoriesOf } from "./storage/directories";

const COMMAND_TIMEOUT_MS = 20_000;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Pid 1 of a container ignores signals that it does not handle. */
function untilStopped(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => controller.abort(new Error(`stopped by ${name}`)));
  }
  return controller.signal;
}

async function runCommand(name: string, args: string[]): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(name, args, {
    timeout: COMMAND_TIMEOUT_MS,
    maxBuffer: 32 * 1024 * 1024,
  });
  return stdout;
}

/** @returns The exit status. */
async function main(args: string[]): Promise<number> {
  const options = readOptions(args, checks);
  if (options.help) return print(HELP);
  if (options.list) {
    return print(
      options.checks.map(({ name, why }) => `${name}\n    ${why}`).join("\n"),
    );
  }
  const config = await readSettings(options.headers);
  const signal = untilStopped();
  // The first pod of the Job reports; the others only take part in the check of shared volumes.
  if (config.JOB_COMPLETION_INDEX === 0) return report(options, config, signal);
  if (!options.checks.includes(sharedVolume)) return 0;
  await Promise.all(
    directoriesOf(config).map(({ directory }) =>
      joinAsPeer(config, directory, signal),
    ),
  );
  return 0;
}

async function readSettings(
  headers: Record<string, string>,
): Promise<Settings> {
  const config = readPreflightConfig(environment());
  const INTERNAL_TOKEN =
    config.INTERNAL_TOKEN ??
    (await readSecret(config.SECRETS_DIRECTORY, "INTERNAL_TOKEN"));
  return { ...config, INTERNAL_TOKEN, headers };
}

function print(text: string): number {
  say(text);
  return 0;
}

async function report(
  { checks: chosen, json, namespace, context, url }: Options,
  config: Settings,
  signal: AbortSignal,
): Promise<number> {
  const cluster = await findCluster(namespace, runCommand, context);
  const PUBLIC_URL =
    url ?? config.PUBLIC_URL ?? (cluster && (await findUrl(cluster)));
  const findings = await runChecks(
    chosen,
    { config: { ...config, PUBLIC_URL }, cluster, command: runCommand },
    signal,
    (finding) => json || say(asText(finding)),
  );
  const passed = passes(findings) && !signal.aborted;
  say(json ? asJson(findings, passed) : `\n${summary(findings)}`);
  return passed ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: unknown) => {
    const expected =
      error instanceof UsageError || error instanceof ConfigError;
    const text = expected
      ? error.message
      : `Preflight failed to run: ${messageOf(error)}`;
    process.stderr.write(`${text}\n`);
    process.exit(2);
  },
);
