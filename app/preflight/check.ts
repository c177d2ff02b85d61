import type { PreflightConfig } from "../core/config/config";
import type { Cluster } from "./cluster/cluster";

export type Status = "ok" | "warning" | "failure" | "skipped";

/** What a check saw; for what is wrong, also what to do. */
export interface Outcome {
  status: Status;
  seen: string;
  todo?: string;
}

/** An outcome with its check's name, and why it matters: what the report consists of. */
export interface Finding extends Outcome {
  check: string;
  why: string;
}

/** The settings, and what the command line adds to them. */
export interface Settings extends PreflightConfig {
  /** Headers of each request through the ingress: the cookie of someone who has signed in. */
  headers?: Record<string, string>;
}

/** What checks look at. A part that isn't there (no cluster, no address) skips the checks that need it. */
export interface Subject {
  config: Settings;
  cluster?: Cluster;
  /** Runs a command of this machine and gives its standard output; absent inside a cluster. */
  command?: (name: string, args: string[]) => Promise<string>;
  signal: AbortSignal;
}

export interface Check {
  /** In kebab case: what `--only` takes. */
  name: string;
  /** What users notice when it fails. */
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
