import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { settings } from "./cluster";

export interface Report {
  passed: boolean;
  findings: { check: string; status: string; seen: string; todo?: string }[];
}

/** Runs the command as users do. */
export async function preflight(
  ...args: string[]
): Promise<Report & { status: number }> {
  const all = ["--context", `kind-${settings.cluster}`, "--json", ...args];
  try {
    const { stdout } = await promisify(execFile)("scripts/preflight", all);
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
