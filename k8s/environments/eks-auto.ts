import type { EnvironmentInput } from "../schema/environment";

/**
 * Amazon EKS Auto Mode, with its own load balancing, and volumes that the EFS CSI driver provisions.
 * Values of an account are examples, as in `eks`.
 */
const eksAuto: EnvironmentInput = {
  name: "eks-auto",
  image:
    "111122223333.dkr.ecr.eu-central-1.amazonaws.com/keepsake@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  web: {
    replicas: { min: 2, max: 20 },
    resources: { cpu: "100m", memory: "192Mi", memoryLimit: "512Mi" },
  },
  backend: {
    replicas: { min: 2, max: 20 },
    resources: { cpu: "100m", memory: "192Mi", memoryLimit: "512Mi" },
  },
  models: {
    providers: ["bedrock"],
    region: "eu-central-1",
    egress: [{ cidr: "0.0.0.0/0" }],
  },
  storage: { kind: "efs-dynamic", fileSystem: "fs-0123456789abcdef0" },
  ingress: {
    kind: "eks-auto",
    host: "chat.example.com",
    subnets: [
      "subnet-0123456789abcdefa",
      "subnet-0123456789abcdefb",
      "subnet-0123456789abcdefc",
    ],
    subnetCidrs: ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"],
  },
  network: {
    // Auto Mode resolves DNS on the node, not in a pod. Pods query the tenth address of the Service
    // range: 10.100.0.0/16 with eksctl's VPC, 172.20.0.0/16 where the VPC is within 10.0.0.0/8.
    dnsCidrs: ["10.100.0.10/32", "172.20.0.10/32", "169.254.20.10/32"],
  },
};

export default eksAuto;
