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
/** The first that signs in by Pod Identity (its changelog), as docs/eks.md sets it up. */
const EFS_SINCE = [2, 0, 5];
/** The first that knows all that the manifests use: certificateArn of IngressClassParams, and prefix lists. */
const CONTROLLER_SINCE = [2, 8, 0];

/** Are the driver and the controller there that the manifests rely on, and new enough. */
export const addOns: Check = {
  name: "add-ons",
  why: "Without its driver a volume is never mounted and pods wait for ever; without its controller an ingress never gets an address.",
  run: async ({ cluster }) => {
    if (!cluster) return skipped("No cluster is known here.");
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
    return skipped(
      "No volume here is on EFS, so that its driver isn't needed.",
    );
  }
  const install =
    "Install or update the add-on: aws eks create-addon --addon-name aws-efs-csi-driver (or update-addon), as docs/eks.md says.";
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
      "The EFS CSI driver is registered (it runs outside of kube-system, so that its version wasn't seen).",
    );
  const { desiredNumberScheduled: wanted, numberReady: ready } = nodes.status;
  if (ready < wanted) {
    return failure(
      `The EFS CSI driver is ready on ${ready} of ${wanted} nodes.`,
      "See kubectl -n kube-system describe daemonset efs-csi-node: pods on the other nodes can't mount the volumes.",
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
    return skipped(
      "No ingress here is an ALB, so that its controller isn't needed.",
    );
  }
  const path =
    "/apis/apps/v1/namespaces/kube-system/deployments/aws-load-balancer-controller";
  const deployment = await read(cluster, Deployment, path);
  const install =
    "Install or update it with its Helm chart or manifest, as docs/eks.md says.";
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
    return ok(`${what} runs (${image}, whose version can't be seen).`);
  const shown = `${what} is of version ${version.join(".")}`;
  if (isAtLeast(version, since)) return ok(`${shown}.`);
  return warning(`${shown}, older than ${since.join(".")}.`, todo);
}
