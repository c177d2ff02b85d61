import {
  type Check,
  failure,
  ok,
  type Outcome,
  skipped,
  warning,
} from "../check";
import type { Cluster } from "../cluster/cluster";
import {
  albKind,
  type Deployment,
  deploymentsOf,
  type Ingress,
  ingressesOf,
  settingOf,
} from "../cluster/objects";
import { deregistrationDelay } from "../ingress/deregistration-delay";
import type { Subject } from "../check";

/** Checks that the time-outs of a pod's shutdown fit together. */
export const drain: Check = {
  name: "drain",
  why: "A pod that is killed during its drain breaks replies and requests at every rollout, scale-in and node replacement.",
  run: async (subject) => {
    if (!subject.cluster) return skipped("No cluster is configured.");
    const { cluster } = subject;
    const deployments = await deploymentsOf(cluster);
    if (deployments.length === 0) {
      return failure(
        `There is no Deployment of Keepsake in the namespace ${cluster.namespace}.`,
        "Apply the manifests, or set the namespace with --namespace.",
      );
    }
    const times = await Promise.all(
      deployments.map((d) => timesOf(cluster, d)),
    );
    const ingresses = await ingressesOf(cluster);
    return [
      ...times.map(graceFits),
      ...(await Promise.all(
        ingresses.map((ingress) => delayFits(subject, cluster, ingress, times)),
      )),
    ];
  },
};

/** In seconds. */
interface Times {
  name: string;
  preStop: number;
  drain: number;
  grace: number;
}

/** The setting's default. */
const DEFAULT_DRAIN_SECONDS = 30;

async function timesOf(
  cluster: Cluster,
  { metadata, spec }: Deployment,
): Promise<Times> {
  const { containers, terminationGracePeriodSeconds } = spec.template.spec;
  const [container] = containers;
  const set =
    container && (await settingOf(cluster, container, "DRAIN_SECONDS"));
  return {
    name: metadata.name,
    preStop: container?.lifecycle?.preStop?.sleep?.seconds ?? 0,
    drain: set === undefined ? DEFAULT_DRAIN_SECONDS : Number(set),
    grace: terminationGracePeriodSeconds,
  };
}

function graceFits({
  name,
  preStop,
  drain: drainSeconds,
  grace,
}: Times): Outcome {
  const sum = `preStop ${preStop} s + DRAIN_SECONDS ${drainSeconds} s`;
  if (preStop + drainSeconds < grace) {
    return ok(`${name}: ${sum} end before the grace period of ${grace} s.`);
  }
  return failure(
    `${name}: ${sum} exceed its grace period of ${grace} s.`,
    `Set terminationGracePeriodSeconds above ${preStop + drainSeconds}, or lower DRAIN_SECONDS. drainSeconds in the environment sets both.`,
  );
}

async function delayFits(
  subject: Subject,
  cluster: Cluster,
  ingress: Ingress,
  times: Times[],
): Promise<Outcome> {
  const { name } = ingress.metadata;
  if (!(await albKind(cluster, ingress))) {
    return skipped(
      `The ingress ${name} is not an ALB and has no deregistration delay.`,
    );
  }
  const web = times.find((time) => time.name.includes("web"));
  const delay = await deregistrationDelay(subject, ingress);
  if (!web) return skipped("There is no Deployment web.");
  const needed = web.preStop + web.drain;
  const seen = `The ingress ${name}: deregistration delay ${delay.seconds} s (${delay.source}), web's preStop and drain ${needed} s.`;
  if (delay.seconds < needed) {
    return failure(
      seen,
      `Set deregistration_delay.timeout_seconds=${needed} in alb.ingress.kubernetes.io/target-group-attributes: with a shorter one, streams are cut before their clients are told to reconnect.`,
    );
  }
  if (delay.seconds <= web.grace) return ok(seen);
  return warning(
    seen,
    `Set deregistration_delay.timeout_seconds=${needed}: a longer one keeps the targets of removed pods and slows rollouts.`,
  );
}
