import type { PreflightConfig } from "../core/config/config";
import type { Cluster } from "./cluster/cluster";

export type Status = "ok" | "warning" | "failure" | "skipped";

/** The result of a check, with a remedy for a warning or failure. */
export interface Outcome {
  status: Status;
  seen: string;
  todo?: string;
}

/** An entry of the report. */
export interface Finding extends Outcome {
  check: string;
  why: string;
}

/** The settings and the options of the command line. */
export interface Settings extends PreflightConfig {
  /** Headers of each request through the ingress, such as a signed-in user's cookie. */
  headers?: Record<string, string>;
}

/** The deployment to check. Without a cluster or an address, the checks that need it are skipped. */
export interface Subject {
  config: Settings;
  cluster?: Cluster;
  /** Runs a local command and returns its standard output; absent inside a cluster. */
  command?: (name: string, args: string[]) => Promise<string>;
  signal: AbortSignal;
}

export interface Check {
  /** In kebab case, for `--only`. */
  name: string;
  /** The effect on users when it fails. */
  why: string;
  run(subject: Subject): Promise<Outcome | Outcome[]>;
}

export const ok = (seen: string): Outcome => ({ status: "ok", seen });

export const skipped = (seen: string): Outcome => ({ status: "skipped", seen });

export const warning = (seen: string, todo: string): Outcome => ({
  status: "warning",
  seen,
  todo,
});

export const failure = (seen: string, todo: string): Outcome => ({
  status: "failure",
  seen,
  todo,
});
