import type { EnvironmentInput } from "../schema/environment";
import eks from "./eks";

/** The environment `eks`, whose file system, Pod Identity and CloudFront are created by ACK's controllers. */
const eksAck: EnvironmentInput = {
  ...eks,
  name: "eks-ack",
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
    // Only CloudFront reaches the load balancer, so its checks can't be bypassed.
    cloudFrontPrefixList: "pl-a3a144ca",
  },
  aws: {
    region: "eu-central-1",
    account: "111122223333",
    clusterName: "keepsake",
    vpcId: "vpc-0123456789abcdef0",
    nodeSecurityGroup: "sg-0123456789abcdef0",
    subnets: [
      "subnet-0123456789abcdef0",
      "subnet-0123456789abcdef1",
      "subnet-0123456789abcdef2",
    ],
    backendRoleArn: "arn:aws:iam::111122223333:role/keepsake-backend",
    cloudFront: {
      host: "chat.example.com",
      originHost: "origin.chat.example.com",
      certificateArn:
        "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef",
    },
  },
};

export default eksAck;
