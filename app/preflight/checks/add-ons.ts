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
  DaemonSet,
  Deployment,
  ingressesOf,
  list,
  PersistentVolume,
  read,
} from "../cluster/objects";
import { isAtLeast, versionOf } from "../cluster/version";

const EFS = "efs.csi.aws.com";
/** The first version that supports Pod Identity, which docs/eks.md uses. */
const EFS_SINCE = [2, 0, 5];
/** The first version with `certificateArn` in IngressClassParams, and with prefix lists. */
const CONTROLLER_SINCE = [2, 8, 0];

/** Checks that the EFS driver and the load balancer controller run and are recent enough. */
export const addOns: Check = {
  name: "add-ons",
  why: "Without the driver, volumes are not mounted and pods never start. Without the controller, the ingress never gets an address.",
  run: async ({ cluster }) => {
    if (!cluster) return skipped("No cluster is configured.");
    return [await efsDriver(cluster), await controller(cluster)];
  },
};

async function efsDriver(cluster: Cluster): Promise<Outcome> {
  const volumes = await list(
    cluster,
    PersistentVolume,
    "/api/v1/persistentvolumes",
  );
  const ours = volumes.filter(
    ({ spec }) => spec.claimRef?.namespace === cluster.namespace,
  );
  if (!ours.some(({ spec }) => spec.csi?.driver === EFS)) {
    return skipped("No volume uses EFS.");
  }
  const install =
    "Install or update the add-on: aws eks create-addon --addon-name aws-efs-csi-driver (or update-addon), as described in docs/eks.md.";
  if (!(await cluster.get(`/apis/storage.k8s.io/v1/csidrivers/${EFS}`))) {
    return failure("The EFS CSI driver is not installed.", install);
  }
  const nodes = await read(
    cluster,
    DaemonSet,
    "/apis/apps/v1/namespaces/kube-system/daemonsets/efs-csi-node",
  );
  if (!nodes)
    return ok(
      "The EFS CSI driver is registered. Its version is unknown, since it runs outside kube-system.",
    );
  const { desiredNumberScheduled: wanted, numberReady: ready } = nodes.status;
  if (ready < wanted) {
    return failure(
      `The EFS CSI driver is ready on ${ready} of ${wanted} nodes.`,
      "Run kubectl -n kube-system describe daemonset efs-csi-node. Pods on the other nodes cannot mount the volumes.",
    );
  }
  return judge(
    "The EFS CSI driver",
    nodes.spec.template.spec.containers[0]?.image,
    EFS_SINCE,
    install,
  );
}

async function controller(cluster: Cluster): Promise<Outcome> {
  const kinds = await Promise.all(
    (await ingressesOf(cluster)).map((ingress) => albKind(cluster, ingress)),
  );
  if (kinds.includes("auto"))
    return ok("EKS Auto Mode runs the load balancer's controller.");
  if (!kinds.includes("controller")) {
    return skipped("No ingress uses an ALB.");
  }
  const path =
    "/apis/apps/v1/namespaces/kube-system/deployments/aws-load-balancer-controller";
  const deployment = await read(cluster, Deployment, path);
  const install =
    "Install or update it with its Helm chart or manifest, as described in docs/eks.md.";
  if (!deployment || deployment.status.readyReplicas === 0) {
    return failure(
      "The AWS Load Balancer Controller is not running in kube-system.",
      install,
    );
  }
  return judge(
    "The AWS Load Balancer Controller",
    deployment.spec.template.spec.containers[0]?.image,
    CONTROLLER_SINCE,
    install,
  );
}

function judge(
  what: string,
  image: string | undefined,
  since: number[],
  todo: string,
): Outcome {
  const version = versionOf(image ?? "");
  if (!version)
    return ok(`${what} is running. Its version is unknown (${image}).`);
  const shown = `${what} has version ${version.join(".")}`;
  if (isAtLeast(version, since)) return ok(`${shown}.`);
  return warning(`${shown}, older than ${since.join(".")}.`, todo);
}
