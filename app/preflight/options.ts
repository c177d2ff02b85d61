import { parseArgs } from "node:util";
import type { Check } from "./check";

/** Thrown for a command line that makes no sense; its message says what does. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const HELP = `Finds what is wrong with a deployment of Keepsake before its users do.

  --json               the report as JSON, on standard output
  --only a,b           only these checks
  --list               the names of all checks, and why they matter
  --url URL            where the ingress answers (PUBLIC_URL)
  --header 'name: …'   sent with each request through the ingress; may be given several times
  --namespace NAME     where Keepsake is, outside of a pod (keepsake)
  --context NAME       of kubectl, outside of a pod, instead of the current one
  --help

Ends with 0 if nothing is wrong, 1 if something is, 2 if it could not be run.
In a cluster: scripts/preflight, which runs it as a Job.
`;

export interface Options {
  json: boolean;
  list: boolean;
  help: boolean;
  namespace: string;
  context?: string;
  url?: string;
  headers: Record<string, string>;
  checks: Check[];
}

/** @throws UsageError */
export function readOptions(args: string[], checks: Check[]): Options {
  const { values } = parse(args);
  return {
    json: values.json,
    list: values.list,
    help: values.help,
    namespace: values.namespace,
    context: values.context,
    url: values.url,
    headers: Object.fromEntries(values.header.map(header)),
    checks: values.only === undefined ? checks : named(values.only, checks),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        json: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        only: { type: "string" },
        url: { type: "string" },
        context: { type: "string" },
        header: { type: "string", multiple: true, default: [] },
        namespace: { type: "string", default: "keepsake" },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${HELP}`, {
      cause: error,
    });
  }
}

function named(only: string, checks: Check[]): Check[] {
  return only.split(",").map((name) => {
    const check = checks.find((one) => one.name === name.trim());
    if (check) return check;
    throw new UsageError(
      `There is no check ${JSON.stringify(name)}. There are ${checks.map((one) => one.name).join(", ")}.`,
    );
  });
}

function header(text: string): [string, string] {
  const cut = text.indexOf(":");
  if (cut > 0) return [text.slice(0, cut).trim(), text.slice(cut + 1).trim()];
  throw new UsageError(
    `--header ${JSON.stringify(text)} must be 'name: value', such as 'cookie: a=b'.`,
  );
}
