import { Chart } from "cdk8s";
import type { Construct } from "constructs";
import { distribution } from "../constructs/distribution";
import { emit } from "../constructs/emit";
import { fileSystemPolicy } from "../constructs/file-system-policy";
import { labels } from "../constructs/labels";
import { USER_ID } from "../constructs/pod";
import { AccessPoint } from "../imports/access-point-efs.services.k8s.aws";
import { Distribution } from "../imports/distribution-cloudfront.services.k8s.aws";
import { FileSystem } from "../imports/file-system-efs.services.k8s.aws";
import { MountTarget } from "../imports/mount-target-efs.services.k8s.aws";
import { PodIdentityAssociation } from "../imports/pod-identity-eks.services.k8s.aws";
import { SecurityGroup } from "../imports/security-group-ec2.services.k8s.aws";
import type { Aws } from "../schema/aws";

export interface AwsProps {
  namespace: string;
  aws: Aws;
}

const FILES = "keepsake-files";
const NFS = 2049;

/**
 * AWS resources as objects for the AWS Controllers for Kubernetes (ACK). Resources with data stay
 * in the account when their object is deleted.
 */
export class AwsChart extends Chart {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AwsProps,
  ) {
    super(scope, id);
    this.addSecurityGroup();
    this.addFileSystem();
    for (const subnet of props.aws.subnets) this.addMountTarget(subnet);
    this.addAccessPoint("sessions");
    this.addAccessPoint("records");
    this.addPodIdentity();
    this.addDistribution();
  }

  private addSecurityGroup(): void {
    const { vpcId, nodeSecurityGroup } = this.props.aws;
    emit(this, "security-group", SecurityGroup, {
      metadata: this.metadata(FILES),
      spec: {
        name: `${this.props.namespace}-files`,
        description: "Nodes mount the files of Keepsake",
        vpcId,
        ingressRules: [
          {
            ipProtocol: "tcp",
            fromPort: NFS,
            toPort: NFS,
            userIdGroupPairs: [
              { groupId: nodeSecurityGroup, description: "NFS from nodes" },
            ],
          },
        ],
        tags: this.tags(),
      },
    });
  }

  private addFileSystem(): void {
    const { account, kmsKeyArn, region } = this.props.aws;
    emit(this, "file-system", FileSystem, {
      metadata: this.kept(FILES),
      spec: {
        encrypted: true,
        kmsKeyId: kmsKeyArn,
        performanceMode: "generalPurpose",
        // Billed by use: a chat writes little, in bursts.
        throughputMode: "elastic",
        backup: true,
        fileSystemProtection: { replicationOverwriteProtection: "ENABLED" },
        lifecyclePolicies: [
          { transitionToIa: "AFTER_30_DAYS" },
          { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" },
        ],
        policy: fileSystemPolicy(account, region),
        tags: this.tags(),
      },
    });
  }

  private addMountTarget(subnet: string): void {
    emit(this, `mount-target-${subnet}`, MountTarget, {
      metadata: this.kept(`${FILES}-${subnet}`),
      spec: {
        fileSystemRef: { from: { name: FILES } },
        subnetId: subnet,
        securityGroupRefs: [{ from: { name: FILES } }],
      },
    });
  }

  private addAccessPoint(of: "sessions" | "records"): void {
    emit(this, `access-point-${of}`, AccessPoint, {
      metadata: this.kept(`keepsake-${of}`),
      spec: {
        fileSystemRef: { from: { name: FILES } },
        posixUser: { uid: USER_ID, gid: USER_ID },
        rootDirectory: {
          path: `/${this.props.namespace}/${of}`,
          creationInfo: {
            ownerUid: USER_ID,
            ownerGid: USER_ID,
            permissions: "700",
          },
        },
        tags: this.tags(),
      },
    });
  }

  /** Gives the role that may call the models to backend only. */
  private addPodIdentity(): void {
    const { backendRoleArn, clusterName, tags } = this.props.aws;
    if (backendRoleArn === undefined) return;
    emit(this, "pod-identity", PodIdentityAssociation, {
      metadata: this.metadata("keepsake-backend"),
      spec: {
        clusterName,
        namespace: this.props.namespace,
        serviceAccount: "backend",
        roleArn: backendRoleArn,
        tags,
      },
    });
  }

  private addDistribution(): void {
    const { cloudFront } = this.props.aws;
    if (cloudFront === undefined) return;
    emit(this, "distribution", Distribution, {
      metadata: this.metadata("keepsake"),
      spec: { distributionConfig: distribution(cloudFront), tags: this.tags() },
    });
  }

  private metadata(name: string) {
    const { namespace, aws } = this.props;
    return {
      name,
      namespace,
      labels: labels(namespace, "aws"),
      annotations: { "services.k8s.aws/region": aws.region },
    };
  }

  /** Metadata of a resource that outlives its object, because data depends on it. */
  private kept(name: string) {
    const metadata = this.metadata(name);
    return {
      ...metadata,
      annotations: {
        ...metadata.annotations,
        "services.k8s.aws/deletion-policy": "retain",
      },
    };
  }

  private tags() {
    const { aws, namespace } = this.props;
    return Object.entries({ Name: `${namespace}-files`, ...aws.tags }).map(
      ([key, value]) => ({ key, value }),
    );
  }
}
