import { fileSystemPolicy } from "../../k8s/constructs/file-system-policy";
import { manifests } from "../../k8s/keepsake";
import { readEnvironment } from "../../k8s/schema/read-environment";
import {
  field,
  find,
  type Manifest,
  objectsOf,
  parseManifests,
} from "./support/manifests";

const RETAIN = "services.k8s.aws/deletion-policy";

describe("AWS resources made by controllers", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = (await objectsOf("eks-ack")).filter(({ apiVersion }) =>
      apiVersion.includes(".services.k8s.aws/"),
    );
  });

  test("the AWS chart has a file system with its access, a role and a CloudFront distribution", () => {
    expect(objects.map(({ kind }) => kind).toSorted()).toEqual([
      "AccessPoint",
      "AccessPoint",
      "Distribution",
      "FileSystem",
      "MountTarget",
      "MountTarget",
      "MountTarget",
      "PodIdentityAssociation",
      "SecurityGroup",
    ]);
  });

  test("AWS resources that hold data are kept when their objects are deleted", () => {
    const kept = objects
      .filter(({ metadata }) => metadata.annotations?.[RETAIN] === "retain")
      .map(({ kind }) => kind);
    expect(new Set(kept)).toEqual(
      new Set(["FileSystem", "MountTarget", "AccessPoint"]),
    );
  });

  test("the file system is encrypted at rest and in transit, and backed up", () => {
    const { spec } = find(objects, "FileSystem", "keepsake-files");
    expect(spec).toMatchObject({
      encrypted: true,
      backup: true,
      throughputMode: "elastic",
      lifecyclePolicies: [
        { transitionToIA: "AFTER_30_DAYS" },
        { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" },
      ],
    });
    expect(JSON.parse(String(field(spec, "policy")))).toMatchObject({
      Statement: [
        {
          Sid: "MountThroughAccessPoints",
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::111122223333:root" },
        },
        {
          Effect: "Deny",
          Action: "elasticfilesystem:ClientMount",
          Condition: { Null: { "elasticfilesystem:AccessPointArn": "true" } },
        },
        {
          Effect: "Deny",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    });
  });

  test.each([
    ["us-gov-west-1", "aws-us-gov"],
    ["cn-north-1", "aws-cn"],
    ["us-isob-east-1", "aws-iso-b"],
    ["eusc-de-east-1", "aws-eusc"],
  ])("the file system policy in %s names the partition %s", (region, name) => {
    expect(fileSystemPolicy("111122223333", region)).toContain(
      `"AWS":"arn:${name}:iam::111122223333:root"`,
    );
  });

  test("sessions and records have a directory each, owned by the pods' user", () => {
    for (const name of ["sessions", "records"]) {
      const { spec } = find(objects, "AccessPoint", `keepsake-${name}`);
      expect(spec).toEqual({
        fileSystemRef: { from: { name: "keepsake-files" } },
        posixUser: { uid: 1000, gid: 1000 },
        rootDirectory: {
          path: `/keepsake/${name}`,
          creationInfo: { ownerUID: 1000, ownerGID: 1000, permissions: "700" },
        },
        tags: [{ key: "Name", value: "keepsake-files" }],
      });
    }
  });

  test("only nodes may mount the file system", () => {
    const { spec } = find(objects, "SecurityGroup", "keepsake-files");
    expect(field(spec, "ingressRules")).toEqual([
      {
        ipProtocol: "tcp",
        fromPort: 2049,
        toPort: 2049,
        userIDGroupPairs: [
          { groupID: "sg-0123456789abcdef0", description: "NFS from nodes" },
        ],
      },
    ]);
    for (const { kind, spec: target } of objects) {
      if (kind !== "MountTarget") continue;
      expect(target).toMatchObject({
        securityGroupRefs: [{ from: { name: "keepsake-files" } }],
      });
    }
  });

  test("only backend has the role for models", () => {
    expect(
      find(objects, "PodIdentityAssociation", "keepsake-backend")["spec"],
    ).toEqual({
      clusterName: "keepsake",
      namespace: "keepsake",
      serviceAccount: "backend",
      roleARN: "arn:aws:iam::111122223333:role/keepsake-backend",
      tags: {},
    });
  });

  test("CloudFront passes streams on without a delay", () => {
    const { spec } = find(objects, "Distribution", "keepsake");
    expect(
      field(spec, "distributionConfig.defaultCacheBehavior"),
    ).toMatchObject({
      compress: false,
      cachePolicyID: "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
      viewerProtocolPolicy: "redirect-to-https",
    });
    expect(
      field(spec, "distributionConfig.origins.items.0.customOriginConfig"),
    ).toMatchObject({
      originProtocolPolicy: "https-only",
      originReadTimeout: 60,
    });
  });

  test("CloudFront reaches an internal load balancer by its VPC origin", async () => {
    const { aws, ingress, ...others } = await readEnvironment("eks-ack");
    if (ingress.kind !== "alb") throw new Error("eks-ack has no ALB any more");
    const text = manifests({
      ...others,
      ingress: { ...ingress, scheme: "internal" },
      aws: {
        ...aws!,
        cloudFront: { ...aws!.cloudFront!, vpcOriginId: "vo_0123456789" },
      },
    });
    const { spec } = find(parseManifests(text), "Distribution", "keepsake");
    expect(field(spec, "distributionConfig.origins.items.0")).toEqual({
      id: "load-balancer",
      domainName: "origin.chat.example.com",
      vpcOriginConfig: {
        vpcOriginID: "vo_0123456789",
        originReadTimeout: 60,
        originKeepaliveTimeout: 60,
      },
    });
  });
});
