import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { kubectl, settings } from "./cluster";

export interface Report {
  passed: boolean;
  findings: { check: string; status: string; seen: string; todo?: string }[];
}

/** Runs the command as users do. */
export const preflight = (...args: string[]) => run(args, process.env);

/** Runs its checks from this machine, through the published port. */
export async function preflightFromHere(...args: string[]) {
  const encoded = await kubectl(
    "get",
    "secret",
    "keepsake",
    "-o",
    "jsonpath={.data.INTERNAL_TOKEN}",
  );
  const INTERNAL_TOKEN = Buffer.from(encoded, "base64").toString();
  const all = ["--local", "--url", settings.url, ...args];
  return run(all, { ...process.env, INTERNAL_TOKEN });
}

async function run(
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<Report & { status: number }> {
  const all = ["--context", `kind-${settings.cluster}`, "--json", ...args];
  try {
    const { stdout } = await promisify(execFile)("scripts/preflight", all, {
      env,
    });
    return { status: 0, ...(JSON.parse(stdout) as Report) };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      code: number;
      stdout: string;
      stderr: string;
    };
    if (code !== 1)
      throw new Error(`${code}: ${stdout} ${stderr}`, { cause: error });
    return { status: code, ...(JSON.parse(stdout) as Report) };
  }
}
