import { mebi, milli } from "../quantities";
import type { Environment, Workload } from "../schema/environment";

/** What all pods of the namespace together may ask for. */
export interface Quota {
  pods: number;
  /** Whole processors. */
  cpu: number;
  /** Whole GiB, asked for. */
  memoryGi: number;
  /** Whole GiB, at most. */
  memoryLimitGi: number;
}

/** For sweeps, a preflight, a pod that someone debugs with, and Traefik on kind. */
const BESIDE: Quota = {
  pods: 10,
  cpu: 1,
  memoryGi: 1,
  memoryLimitGi: 4,
};

/**
 * The quota that fits an environment: twice what both Deployments can grow to, since a rollout may
 * replace a full set while pods of the version before still drain, and something beside.
 */
export function quotaOf({ web, backend }: Environment): Quota {
  const twice = (of: (workload: Workload) => number) =>
    2 * (web.replicas.max * of(web) + backend.replicas.max * of(backend));
  return {
    pods: BESIDE.pods + twice(() => 1),
    // Whole numbers, since the API server writes "3000m" as "3", and would find a change each time.
    cpu:
      BESIDE.cpu +
      Math.ceil(twice(({ resources }) => milli(resources.cpu)) / 1_000),
    memoryGi:
      BESIDE.memoryGi +
      Math.ceil(twice(({ resources }) => mebi(resources.memory)) / 1_024),
    memoryLimitGi:
      BESIDE.memoryLimitGi +
      Math.ceil(twice(({ resources }) => mebi(resources.memoryLimit)) / 1_024),
  };
}
