import type { EnvironmentInput } from "../schema/environment";

/**
 * Amazon EKS with the AWS Load Balancer Controller and the EFS CSI driver. Values of an account are
 * examples: set your own image, host, certificate, subnets, access points and region.
 */
const eks: EnvironmentInput = {
  name: "eks",
  image:
    "111122223333.dkr.ecr.eu-central-1.amazonaws.com/keepsake@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  // Measured with 100 new visitors a second: web uses 3.8 ms of CPU a page and 160 MiB, backend
  // 1.6 ms and 120 MiB; idle, 105 and 86 MiB.
  web: {
    replicas: { min: 3, max: 20 },
    resources: { cpu: "100m", memory: "192Mi", memoryLimit: "512Mi" },
  },
  backend: {
    replicas: { min: 3, max: 20 },
    resources: { cpu: "100m", memory: "192Mi", memoryLimit: "512Mi" },
  },
  models: {
    providers: ["bedrock"],
    region: "eu-central-1",
    models: [
      "eu.amazon.nova-pro-v1:0",
      "eu.amazon.nova-micro-v1:0",
      "eu.amazon.nova-lite-v1:0",
    ],
    // The internet over HTTPS. With a VPC endpoint for Bedrock, its subnets are enough.
    egress: [{ cidr: "0.0.0.0/0" }],
  },
  storage: {
    kind: "efs",
    sessions: "fs-0123456789abcdef0::fsap-0123456789abcdef0",
    records: "fs-0123456789abcdef0::fsap-0123456789abcdef1",
  },
  ingress: {
    kind: "alb",
    host: "chat.example.com",
    certificateArn:
      "arn:aws:acm:eu-central-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef",
    subnets: [
      "subnet-0123456789abcdefa",
      "subnet-0123456789abcdefb",
      "subnet-0123456789abcdefc",
    ],
    subnetCidrs: ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"],
  },
  // With the Prometheus operator (docs/eks.md), add `prometheusOperator: true`.
  observability: { dashboard: true },
};

export default eks;
