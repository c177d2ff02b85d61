import { mebi, milli } from "../quantities";
import type { Environment, Workload } from "../schema/environment";

/** The limits of the namespace's ResourceQuota. */
export interface Quota {
  pods: number;
  cpu: number;
  /** Sum of requests. */
  memoryGi: number;
  /** Sum of limits. */
  memoryLimitGi: number;
}

/** Room for sweeps, preflight, a debug pod, and Traefik on kind. */
const BESIDE: Quota = {
  pods: 10,
  cpu: 1,
  memoryGi: 1,
  memoryLimitGi: 4,
};

/**
 * Twice the maximum of both Deployments, since a rollout may create a full set while the previous
 * version's pods still drain, plus room for other pods.
 */
export function quotaOf({ web, backend }: Environment): Quota {
  const twice = (of: (workload: Workload) => number) =>
    2 * (web.replicas.max * of(web) + backend.replicas.max * of(backend));
  return {
    pods: BESIDE.pods + twice(() => 1),
    // Whole numbers: the API server rewrites "3000m" as "3", which each apply would see as a change.
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
