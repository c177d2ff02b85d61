import type { Environment, Workload } from "../schema/environment";

/** What all pods of the namespace together may ask for. */
export interface Quota {
  pods: number;
  cpuMilli: number;
  memoryMi: number;
  memoryLimitMi: number;
}

/** For sweeps, a preflight, a pod that someone debugs with, and Traefik on kind. */
const BESIDE: Quota = {
  pods: 10,
  cpuMilli: 1_000,
  memoryMi: 1_024,
  memoryLimitMi: 4_096,
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
    cpuMilli:
      BESIDE.cpuMilli +
      twice(({ resources }) => Number.parseInt(resources.cpu)),
    memoryMi:
      BESIDE.memoryMi + twice(({ resources }) => mebi(resources.memory)),
    memoryLimitMi:
      BESIDE.memoryLimitMi +
      twice(({ resources }) => mebi(resources.memoryLimit)),
  };
}

const MEBI = { Ki: 1 / 1_024, Mi: 1, Gi: 1_024, Ti: 1_048_576 };

/** A quantity in MiB, rounded up: "1Gi" → 1024. */
export function mebi(quantity: string): number {
  const unit = quantity.slice(-2) as keyof typeof MEBI;
  return Math.ceil(Number.parseFloat(quantity) * MEBI[unit]);
}
