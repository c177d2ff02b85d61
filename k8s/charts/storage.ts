import { Chart } from "cdk8s";
import { k8s } from "cdk8s-plus-27";
import type { Construct } from "constructs";
import { emit } from "../constructs/emit";
import { labels } from "../constructs/labels";
import { CLAIMS } from "../constructs/mounts";
import { USER_ID } from "../constructs/pod";
import type { Storage } from "../schema/storage";

export interface StorageProps {
  namespace: string;
  storage: Storage;
}

type Claim = keyof typeof CLAIMS;

/** Authorisation by IAM. The driver encrypts by default, and deprecates the option tls. */
const EFS_MOUNT_OPTIONS = ["iam"];

/**
 * Two shared claims: sessions for web, records for backend. Volumes are retained, and a released
 * one can be bound again (see docs/deployment.md).
 */
export class StorageChart extends Chart {
  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    const { storage } = props;
    if (storage.kind === "efs-dynamic") this.addClass(props.namespace, storage);
    for (const claim of ["sessions", "records"] as const) {
      if (storage.kind !== "efs-dynamic") {
        this.addVolume(props.namespace, claim, storage);
      }
      this.addClaim(props.namespace, claim, storage);
    }
  }

  private addClass(
    namespace: string,
    storage: Extract<Storage, { kind: "efs-dynamic" }>,
  ): void {
    emit(this, "class", k8s.KubeStorageClass, {
      metadata: {
        name: className(namespace),
        labels: labels(namespace, "storage"),
      },
      provisioner: "efs.csi.aws.com",
      reclaimPolicy: "Retain",
      volumeBindingMode: "Immediate",
      mountOptions: [...EFS_MOUNT_OPTIONS, ...storage.mountOptions],
      parameters: {
        provisioningMode: "efs-ap",
        fileSystemId: storage.fileSystem,
        basePath: storage.basePath,
        // A recreated claim gets the same directory, so its data is not orphaned.
        subPathPattern: "${.PVC.namespace}/${.PVC.name}",
        ensureUniqueDirectory: "false",
        directoryPerms: "700",
        uid: String(USER_ID),
        gid: String(USER_ID),
      },
    });
  }

  private addVolume(
    namespace: string,
    claim: Claim,
    storage: Exclude<Storage, { kind: "efs-dynamic" }>,
  ): void {
    emit(this, `${claim}-volume`, k8s.KubePersistentVolume, {
      metadata: {
        name: `${namespace}-${claim}`,
        labels: labels(namespace, "storage"),
      },
      spec: {
        capacity: { storage: k8s.Quantity.fromString(storage.size) },
        accessModes: ["ReadWriteMany"],
        persistentVolumeReclaimPolicy: "Retain",
        volumeMode: "Filesystem",
        // Reserves the volume for this claim.
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          namespace,
          name: CLAIMS[claim],
        },
        ...source(claim, storage),
      },
    });
  }

  private addClaim(namespace: string, claim: Claim, storage: Storage): void {
    const isDynamic = storage.kind === "efs-dynamic";
    emit(this, `${claim}-claim`, k8s.KubePersistentVolumeClaim, {
      metadata: {
        name: CLAIMS[claim],
        namespace,
        labels: labels(namespace, "storage"),
      },
      spec: {
        accessModes: ["ReadWriteMany"],
        volumeMode: "Filesystem",
        storageClassName: isDynamic ? className(namespace) : "",
        ...(isDynamic ? {} : { volumeName: `${namespace}-${claim}` }),
        resources: {
          requests: { storage: k8s.Quantity.fromString(storage.size) },
        },
      },
    });
  }
}

const className = (namespace: string) => `${namespace}-efs`;

function source(
  claim: Claim,
  storage: Exclude<Storage, { kind: "efs-dynamic" }>,
): Partial<k8s.PersistentVolumeSpec> {
  if (storage.kind === "host") {
    // Not DirectoryOrCreate: a directory created by one node would not be shared.
    return {
      hostPath: { path: `${storage.path}/${claim}`, type: "Directory" },
    };
  }
  return {
    mountOptions: [...EFS_MOUNT_OPTIONS, ...storage.mountOptions],
    csi: {
      driver: "efs.csi.aws.com",
      volumeHandle: storage[claim],
      volumeAttributes: { encryptInTransit: "true" },
    },
  };
}
