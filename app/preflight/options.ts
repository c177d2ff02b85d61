import { parseArgs } from "node:util";
import type { Check } from "./check";

/** An invalid command line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const HELP = `Checks a deployment of Keepsake for problems before its users notice them.

  --json               print the report as JSON
  --only a,b           run only these checks
  --list               list all checks and why they matter
  --url URL            URL of the ingress, with its path if it has one (PUBLIC_URL)
  --header 'name: …'   send this header through the ingress; may be repeated
  --namespace NAME     Keepsake's namespace, outside a pod (default: keepsake)
  --context NAME       kubectl context, outside a pod (default: the current one)
  --help

Exit status: 0 if no check failed, 1 if one did, 2 if preflight could not run.
In a cluster, scripts/preflight runs it as a Job.
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
    checks: values.only === undefined ? checks : find(values.only, checks),
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

function find(only: string, checks: Check[]): Check[] {
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
