import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  environmentNames,
  parseEnvironment,
  readEnvironment,
} from "../../k8s/schema/read-environment";
import eks from "../../k8s/environments/eks";
import eksAuto from "../../k8s/environments/eks-auto";
import eksAck from "../../k8s/environments/eks-ack";
import kind from "../../k8s/environments/kind";

/** The error message for an environment after changes to some fields, given by their paths. */
function faults(environment: object, changes: Record<string, unknown>): string {
  const copy = structuredClone(environment);
  for (const [at, value] of Object.entries(changes)) set(copy, at, value);
  try {
    parseEnvironment(copy);
  } catch (error) {
    return (error as Error).message.split("\n").slice(1).join("\n").trim();
  }
  return "";
}

function set(object: object, at: string, value: unknown): void {
  const keys = at.split(".");
  const last = keys.pop()!;
  let parent = object as Record<string, unknown>;
  for (const key of keys) {
    parent[key] ??= {};
    parent = parent[key] as Record<string, unknown>;
  }
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

const oidc = {
  kind: "oidc",
  issuer: "https://id.example.com",
  authorizationEndpoint: "https://id.example.com/authorize",
  tokenEndpoint: "https://id.example.com/token",
  userInfoEndpoint: "https://id.example.com/userinfo",
  clientId: "keepsake",
  secretName: "oidc",
  loadBalancer:
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*",
};

type Mistake = [string, object, Record<string, unknown>, string];

const mistakes: Mistake[] = [
  [
    "TLS to web behind Traefik",
    kind,
    { tls: { web: { secretName: "web-tls" } } },
    "tls.web is not supported with Traefik, which would check the certificate against the pods' addresses. Remove it, or use another kind of ingress.",
  ],
  [
    "an authority in two places",
    eks,
    {
      tls: {
        backend: {
          secretName: "backend-tls",
          authority: { secretName: "a", configMapName: "b" },
        },
      },
    },
    'tls.backend.authority {"secretName":"a","configMapName":"b"} must have either a secretName or a configMapName.',
  ],
  [
    "a certificate that is set as a setting",
    eks,
    { "settings.web": { TLS_KEY_FILE: "/tls.key" } },
    `settings.web.TLS_KEY_FILE "/tls.key" can't be set here: set tls.`,
  ],
  [
    "a file system without an access point",
    eks,
    { "storage.sessions": "fs-0123456789abcdef0" },
    'storage.sessions "fs-0123456789abcdef0" must be a file system and its access point, such as "fs-0123456789abcdef0::fsap-0123456789abcdef0": without an access point pods would share the root of the file system, as its root user.',
  ],
  [
    "an access point in place of a file system",
    eksAuto,
    { "storage.fileSystem": "fs-0123456789abcdef0::fsap-0123456789abcdef0" },
    'storage.fileSystem "fs-0123456789abcdef0::fsap-0123456789abcdef0" must be a file system\'s id alone, such as "fs-0123456789abcdef0": access points are created in it.',
  ],
  [
    "mount options that are set elsewhere",
    eks,
    { "storage.mountOptions": ["tls", "iam", "accesspoint=fsap-0", "a, b"] },
    [
      'storage.mountOptions.0 "tls" can\'t be set here: the driver always adds it, and deprecates it here. Remove it.',
      'storage.mountOptions.1 "iam" can\'t be set here: the charts set it. Remove it.',
      'storage.mountOptions.2 "accesspoint=fsap-0" can\'t be set here: name the access point in storage.sessions and storage.records. Remove it.',
      'storage.mountOptions.3 "a, b" must be one mount option, without spaces and commas.',
    ].join("\n  "),
  ],
  [
    "a cluster's domain that is none",
    eks,
    { clusterDomain: "Cluster local." },
    'clusterDomain "Cluster local." must be a domain in lower case, such as "cluster.local".',
  ],
  [
    "one access point for both volumes",
    eks,
    { "storage.records": "fs-0123456789abcdef0::fsap-0123456789abcdef0" },
    'storage.records "fs-0123456789abcdef0::fsap-0123456789abcdef0" must not be the access point of storage.sessions: web must not see the records. Create a second one.',
  ],
  [
    "a relative path on the hosts",
    kind,
    { "storage.path": "data" },
    'storage.path "data" must be an absolute path that every node shares.',
  ],
  [
    "an unknown kind of storage",
    kind,
    { "storage.kind": "nfs" },
    'storage.kind "nfs" must have a kind: "host", "efs" (static access points) or "efs-dynamic".',
  ],
  [
    "a certificate without a host",
    eks,
    { "ingress.host": undefined },
    "ingress.host must be set with a certificate, which is valid for its host name only. Set it to the certificate's host name.",
  ],
  [
    "a missing certificate and host",
    eks,
    { "ingress.host": undefined, "ingress.certificateArn": undefined },
    "ingress.host must be set: sessions need TLS, and TLS needs a name. Set it to the certificate's host name.",
  ],
  [
    "a malformed certificate ARN",
    eks,
    {
      "ingress.certificateArn":
        "arn:aws:iam::111122223333:server-certificate/x",
    },
    'ingress.certificateArn "arn:aws:iam::111122223333:server-certificate/x" must be the ARN of a certificate in ACM, such as "arn:aws:acm:eu-central-1:111122223333:certificate/…", of the load balancer\'s region.',
  ],
  [
    "a host with a scheme",
    eks,
    { "ingress.host": "https://chat.example.com" },
    'ingress.host "https://chat.example.com" must be a host name in lower case, such as "chat.example.com", without a scheme or a path.',
  ],
  [
    "a drain longer than the target group allows",
    eks,
    { drainSeconds: 3_590 },
    [
      "drainSeconds 3590 needs a deregistration delay of 3605 s, and a target group allows 3600. Set it to 3585 or less.",
      "drainSeconds 3590 makes a pod's termination (3610 s) longer than the maximum period of autoscaling (1800 s), so autoscaling would remove a second pod while the first still drains. Set it to 1780 or less.",
    ].join("\n  "),
  ],
  [
    "a drain longer than autoscaling can wait",
    kind,
    { drainSeconds: 1_781 },
    "drainSeconds 1781 makes a pod's termination (1801 s) longer than the maximum period of autoscaling (1800 s), so autoscaling would remove a second pod while the first still drains. Set it to 1780 or less.",
  ],
  [
    "a drain that is not a number",
    eks,
    { drainSeconds: "30s" },
    'drainSeconds "30s" must be a whole number of seconds, 1 to 3600.',
  ],
  [
    "stickiness with an algorithm that forbids it",
    eks,
    { "ingress.algorithm": "weighted_random" },
    'ingress.algorithm "weighted_random" forbids stickiness: it chooses a target for every request. Set least_outstanding_requests or round_robin, or ingress.stickiness.kind to "none".',
  ],
  [
    "an unknown algorithm",
    eks,
    { "ingress.algorithm": "fastest" },
    'ingress.algorithm "fastest" must be round_robin, least_outstanding_requests or weighted_random.',
  ],
  [
    "an unknown kind of stickiness",
    eks,
    { "ingress.stickiness": { kind: "source_ip" } },
    'ingress.stickiness.kind "source_ip" must be lb_cookie, app_cookie or none.',
  ],
  [
    "an idle time-out below the heartbeat",
    eks,
    { "ingress.idleTimeoutSeconds": 10 },
    "ingress.idleTimeoutSeconds 10 must exceed two heartbeats of an event stream (10 s each), or a pause in a reply closes the stream. Set it to 21 or more.",
  ],
  [
    "a TLS policy that is too old",
    eks,
    { "ingress.sslPolicy": "ELBSecurityPolicy-2016-08" },
    'ingress.sslPolicy "ELBSecurityPolicy-2016-08" must be a TLS 1.3 policy: its name begins with ELBSecurityPolicy-TLS13-.',
  ],
  [
    "a missing subnet of the load balancer",
    eks,
    { "ingress.subnetCidrs": [] },
    "ingress.subnetCidrs [] must list the load balancer's subnets, the only ones that may reach web.",
  ],
  [
    "a public load balancer as a VPC origin",
    eksAck,
    { "aws.cloudFront.vpcOriginId": "vo_abc" },
    'ingress.scheme must be "internal" with aws.cloudFront.vpcOriginId, or the load balancer has public addresses that CloudFront does not need.',
  ],
  [
    "a load balancer in one zone",
    eks,
    { "ingress.subnets": ["subnet-0123456789abcdefa"] },
    'ingress.subnets ["subnet-0123456789abcdefa"] must list subnets in at least two zones, as a load balancer needs.',
  ],
  [
    "subnets of the load balancer by ids and by tags",
    eks,
    { "ingress.subnetTags": { tier: ["public"] } },
    "ingress.subnetTags can't be set with ingress.subnets: the controller accepts either ids or tags. Remove one of them.",
  ],
  [
    "a tag of subnets without a value",
    eks,
    { "ingress.subnets": undefined, "ingress.subnetTags": { tier: [] } },
    "ingress.subnetTags.tier [] must list the values of the tag, one of which a subnet has.",
  ],
  [
    "no tag of subnets",
    eks,
    { "ingress.subnets": undefined, "ingress.subnetTags": {} },
    "ingress.subnetTags {} must have a tag.",
  ],
  [
    "subnets by tags in EKS Auto Mode",
    eksAuto,
    {
      "ingress.subnets": undefined,
      "ingress.subnetTags": { tier: ["public"] },
    },
    "ingress.subnetTags is not supported with EKS Auto Mode, whose IngressClassParams have another schema for tags. Name the subnets in ingress.subnets.",
  ],
  [
    "a subnet that is not an address block",
    eks,
    { "ingress.subnetCidrs": ["10.0.0.0"] },
    'ingress.subnetCidrs.0 "10.0.0.0" must be an IPv4 or IPv6 address block, such as "10.0.0.0/16" or "2001:db8::/64".',
  ],
  [
    "CloudFront's prefix list by its name",
    eks,
    {
      "ingress.cloudFrontPrefixList":
        "com.amazonaws.global.cloudfront.origin-facing",
    },
    'ingress.cloudFrontPrefixList "com.amazonaws.global.cloudfront.origin-facing" must be the id of the managed prefix list com.amazonaws.global.cloudfront.origin-facing in your region, pl-….',
  ],
  [
    "a web ACL of CloudFront",
    eks,
    {
      "ingress.webAclArn":
        "arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/b",
    },
    'ingress.webAclArn "arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/b" must be the ARN of a regional web ACL of WAFv2.',
  ],
  [
    "a controller's account without a namespace",
    eks,
    {
      "ingress.authenticate": {
        ...oidc,
        controllerAccount: "aws-load-balancer-controller",
      },
    },
    'ingress.authenticate.controllerAccount "aws-load-balancer-controller" must be a namespace and a service account, such as "kube-system/aws-load-balancer-controller".',
  ],
  [
    "a node port outside of the range",
    kind,
    { "ingress.nodePort": 80 },
    "ingress.nodePort 80 must be a port, 30000 to 32767.",
  ],
  [
    "replicas below the budget",
    eks,
    { "web.replicas.min": 1 },
    'web.replicas.min 1 must exceed the pods that web.maxUnavailable (25%) allows to be evicted at once, or the drain of a node leaves none. Set it to 2 or more, or web.maxUnavailable to "100%" to accept the interruption.',
  ],
  [
    "a budget as large as the minimum of replicas",
    eks,
    { "backend.maxUnavailable": 3 },
    'backend.replicas.min 3 must exceed the pods that backend.maxUnavailable (3) allows to be evicted at once, or the drain of a node leaves none. Set it to 4 or more, or backend.maxUnavailable to "100%" to accept the interruption.',
  ],
  [
    "a budget that allows no eviction",
    eks,
    { "web.maxUnavailable": 0 },
    'web.maxUnavailable 0 must be a number of pods, 1 or more, or a share of them, such as "25%".',
  ],
  [
    "a maximum of replicas below the minimum",
    eks,
    { "backend.replicas.max": 2 },
    "backend.replicas.max 2 must be at least backend.replicas.min (3).",
  ],
  [
    "a memory limit below the request",
    eks,
    { "web.resources.memoryLimit": "128Mi" },
    'web.resources.memoryLimit "128Mi" must be at least web.resources.memory (192Mi).',
  ],
  [
    "memory without a unit",
    eks,
    { "web.resources.memory": "192" },
    'web.resources.memory "192" must be a size with its unit, such as "256Mi".',
  ],
  [
    "the tag latest",
    kind,
    { image: "keepsake:latest" },
    'image "keepsake:latest" must not have the tag "latest": it does not say which version runs, and is pulled at every start. Set a version or a digest.',
  ],
  [
    "a missing tag",
    kind,
    { image: "keepsake" },
    'image "keepsake" must be an image with a tag or a digest, such as "keepsake:dev" or "…/keepsake@sha256:…".',
  ],
  [
    "a tag where images are pinned",
    eks,
    { image: "registry.example.com/keepsake:1.2.3" },
    'image "registry.example.com/keepsake:1.2.3" must be named by its digest, name@sha256:…, where pinnedImages is true: the namespace would reject it. Set the digest, or set pinnedImages to false.',
  ],
  [
    "Bedrock without a region",
    eks,
    { "models.region": undefined },
    "models.region must be set for the provider bedrock: the region of the models.",
  ],
  [
    "a missing endpoint of an OpenAI-compatible server",
    kind,
    { models: { providers: ["openai"], egress: [{ cidr: "10.1.0.0/16" }] } },
    "models.openai must be set for the provider openai: { baseUrl, apiKey } of its endpoint.",
  ],
  [
    "models without an egress rule for backend",
    eks,
    { "models.egress": [] },
    "models.egress must list the address blocks of the models: backend may reach no others. Use those of your VPC endpoints, or 0.0.0.0/0 or ::/0 for the internet (without private and metadata addresses).",
  ],
  [
    "an unknown provider",
    kind,
    { "models.providers": ["eliza", "hal"] },
    'models.providers.1 "hal" must be eliza, openai or bedrock.',
  ],
  [
    "a malformed schedule",
    kind,
    { "sweeps.sessions": "hourly" },
    'sweeps.sessions "hourly" must be a schedule of five fields, such as "17 * * * *".',
  ],
  [
    "a host of CloudFront that differs from the load balancer's",
    eksAck,
    { "aws.cloudFront.host": "www.example.com" },
    'aws.cloudFront.host "www.example.com" must be ingress.host ("chat.example.com"): CloudFront passes the host name on, and the load balancer accepts no other.',
  ],
  [
    "a load balancer open past CloudFront",
    eksAck,
    { "ingress.cloudFrontPrefixList": undefined },
    "ingress.cloudFrontPrefixList must be set with aws.cloudFront, or clients can bypass CloudFront. Find it with: aws ec2 describe-managed-prefix-lists --filters Name=prefix-list-name,Values=com.amazonaws.global.cloudfront.origin-facing.",
  ],
  [
    "CloudFront's certificate in another region",
    eksAck,
    {
      "aws.cloudFront.certificateArn":
        "arn:aws:acm:eu-central-1:111122223333:certificate/0",
    },
    'aws.cloudFront.certificateArn "arn:aws:acm:eu-central-1:111122223333:certificate/0" must be the ARN of a certificate in ACM in us-east-1: CloudFront takes no other region\'s.',
  ],
  [
    "a mount target without a subnet",
    eksAck,
    { "aws.subnets": [] },
    "aws.subnets [] must list a subnet of each zone: each gets a mount target.",
  ],
  [
    "a bucket given as a URL",
    eks,
    { "ingress.accessLogs": { bucket: "s3://logs" } },
    'ingress.accessLogs.bucket "s3://logs" must be the name of an S3 bucket.',
  ],
  [
    "a prefix with a slash",
    eks,
    { "ingress.accessLogs": { bucket: "logs", prefix: "/a/" } },
    'ingress.accessLogs.prefix "/a/" must not begin or end with a slash.',
  ],
  [
    "an unknown kind of authentication",
    eks,
    { "ingress.authenticate": { kind: "basic" } },
    'ingress.authenticate.kind "basic" must have a kind: "oidc" or "cognito".',
  ],
  [
    "an issuer that is not a URL",
    eks,
    { "ingress.authenticate": { ...oidc, issuer: "id.example.com" } },
    'ingress.authenticate.issuer "id.example.com" must be the issuer\'s URL.',
  ],
  [
    "OIDC without the client's id",
    eks,
    { "ingress.authenticate": { ...oidc, clientId: undefined } },
    "ingress.authenticate.clientId is missing, and must be the client's id, as in the Secret.",
  ],
  [
    "sign-in without the load balancer's ARN",
    eks,
    { "ingress.authenticate": { ...oidc, loadBalancer: "*" } },
    'ingress.authenticate.loadBalancer "*" must be the ARN of an Application Load Balancer, or, before it exists, a prefix and a *: "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/k8s-keepsake-*".',
  ],
  [
    "a malformed user pool",
    eks,
    {
      "ingress.authenticate": {
        kind: "cognito",
        userPoolArn: "eu-central-1_abc",
        userPoolClientId: "client",
        userPoolDomain: "keepsake",
        loadBalancer: oidc.loadBalancer,
      },
    },
    'ingress.authenticate.userPoolArn "eu-central-1_abc" must be a user pool\'s ARN.',
  ],
  [
    "an unknown scheme",
    eks,
    { "ingress.scheme": "public" },
    'ingress.scheme "public" must be internet-facing or internal.',
  ],
  [
    "an unknown kind of ingress",
    eks,
    { ingress: { kind: "nginx" } },
    'ingress.kind "nginx" must have a kind: "alb", "eks-auto", "gateway" or "traefik".',
  ],
  [
    "a malformed namespace",
    kind,
    { namespace: "Keep_sake" },
    'namespace "Keep_sake" must be a DNS label: up to 63 lower-case letters, digits and hyphens.',
  ],
  [
    "an unknown log level",
    kind,
    { logLevel: "loud" },
    'logLevel "loud" must be fatal, error, warn, info, debug or trace.',
  ],
  [
    "a CPU share with an unknown unit",
    kind,
    { "web.resources.cpu": "0.1" },
    'web.resources.cpu "0.1" must be CPU in millicores, such as "100m".',
  ],
  [
    "a utilisation target without headroom",
    kind,
    { "web.targetCpuPercent": 100 },
    "web.targetCpuPercent 100 must be a whole number of percent, 10 to 95.",
  ],
  [
    "a malformed region",
    eks,
    { "models.region": "Frankfurt" },
    'models.region "Frankfurt" must be a region, such as "eu-central-1".',
  ],
  [
    "a malformed port",
    eks,
    { "models.egress": [{ cidr: "0.0.0.0/0", port: 0 }] },
    "models.egress.0.port 0 must be a port, 1 to 65535.",
  ],
  [
    "a runbook address that is not a URL",
    eks,
    { "observability.runbooks": "docs" },
    'observability.runbooks "docs" must be the URL of the directory in which runbooks.md is.',
  ],
  [
    "an account that is a number",
    eksAck,
    { "aws.account": 111122223333 },
    "aws.account 111122223333 must be a text, in quotes.",
  ],
  [
    "an account that is too short",
    eksAck,
    { "aws.account": "1111" },
    'aws.account "1111" must be the account\'s id: twelve digits, as a text.',
  ],
  [
    "fields of the wrong types",
    eks,
    {
      pinnedImages: "yes",
      web: 3,
      "models.models": "nova",
      "ingress.tags": ["a"],
      "observability.dashboard": 1,
    },
    [
      'pinnedImages "yes" must be true or false.',
      "web 3 must be an object with fields.",
      'models.models "nova" must be a list.',
      'ingress.tags ["a"] must be an object with fields.',
      "observability.dashboard 1 must be true or false.",
    ].join("\n  "),
  ],
  [
    "a VPC by its name",
    eksAck,
    { "aws.vpcId": "main" },
    'aws.vpcId "main" must be the id of the cluster\'s VPC, vpc-….',
  ],
  [
    "a role by its name",
    eksAck,
    { "aws.backendRoleArn": "keepsake" },
    'aws.backendRoleArn "keepsake" must be the ARN of the role that may invoke the models.',
  ],
  [
    "a setting that the app would reject",
    kind,
    { "settings.backend": { LEASE_SECONDS: "0" } },
    'settings.backend.LEASE_SECONDS "0" must be a number of seconds, 0.2 to 60.',
  ],
  [
    "a sweep that leaves no time for undo",
    kind,
    { "settings.sweep": { DELETED_CONVERSATION_SECONDS: "60" } },
    'settings.sweep.DELETED_CONVERSATION_SECONDS "60" must be a number of seconds, 3600 to 315360000.',
  ],
  [
    "an unknown setting",
    kind,
    { "settings.web": { LEASE_SECONDS: "4" } },
    'settings.web.LEASE_SECONDS "4" is not a setting of web. There are ',
  ],
  [
    "a setting that has a field of its own",
    kind,
    { "settings.web": { DRAIN_SECONDS: "60" } },
    'settings.web.DRAIN_SECONDS "60" can\'t be set here: set drainSeconds.',
  ],
  [
    "a secret among the settings",
    kind,
    { "settings.web": { INTERNAL_TOKEN: "0123456789abcdef" } },
    "settings.web.INTERNAL_TOKEN (hidden) can't be set here: it belongs in the Secret.",
  ],
  [
    "a setting that is a number",
    kind,
    { "settings.web": { SESSION_IDLE_SECONDS: 60 } },
    "settings.web.SESSION_IDLE_SECONDS 60 must be a text, in quotes.",
  ],
  [
    "pods with labels, tolerations and affinity that Kubernetes doesn't have",
    eks,
    {
      "pods.labels": {
        "app.kubernetes.io/component": "web",
        "bad key": "x",
        team: "a b",
      },
      "pods.annotations": { "prometheus.io/port": "1" },
      "pods.affinity": {
        nodeAffinity: { requiredDuringScheduling: { weight: 1 } },
      },
      "pods.tolerations": [{ key: "gpu", operater: "Exists" }, "gpu"],
      "pods.imagePullSecrets": ["registry"],
    },
    [
      'pods.labels.team "a b" must be a label\'s value: up to 63 letters, digits, "-", "_" and "."',
      'pods.labels.app.kubernetes.io/component "web" can\'t be set here: the charts set it, and selectors and network policies depend on it',
      'pods.labels.bad key "x" must have a valid name, such as example.com/team',
      'pods.annotations.prometheus.io/port "1" can\'t be set here: the charts set it, unless observability.prometheusOperator is true',
      'pods.affinity.nodeAffinity.requiredDuringScheduling {"weight":1} is not a field of Kubernetes\' Affinity. Remove it or correct its name',
      'pods.tolerations.0.operater "Exists" is not a field of Kubernetes\' Toleration. Remove it or correct its name',
      'pods.tolerations.1 "gpu" must be an object: Kubernetes\' Toleration',
      'pods.imagePullSecrets.0 "registry" must be an object with fields.',
    ].join(".\n  "),
  ],
  [
    "volumes that the namespace or the program has no place for",
    eks,
    {
      "backend.volumes": [
        { name: "data", hostPath: { path: "/etc" } },
        { name: "all", persistentVolumeClaim: { claimName: "sessions" } },
      ],
      "backend.volumeMounts": [
        { name: "all", mountPath: "/tmp/all" },
        { name: "none", mountPath: "/etc/none" },
      ],
    },
    [
      'backend.volumes.0.name "data" is a volume of the charts',
      'backend.volumes.0.hostPath {"path":"/etc"} is refused by the pod security standard "restricted". Use configMap, csi, downwardApi, emptyDir, ephemeral, persistentVolumeClaim, projected, secret',
      'backend.volumes.1.persistentVolumeClaim {"claimName":"sessions"} is a claim of the charts',
      'backend.volumeMounts.0.mountPath "/tmp/all" must not contain /tmp or be in it, which the program uses',
      'backend.volumeMounts.1.name "none" must be the name of a volume in backend.volumes.',
    ].join(".\n  "),
  ],
  [
    "annotations and attributes that have fields of their own",
    eks,
    {
      "ingress.annotations": {
        "alb.ingress.kubernetes.io/scheme": "internal",
        "alb.ingress.kubernetes.io/target-type": "instance",
        "kubernetes.io/ingress.class": "alb",
      },
      "ingress.loadBalancerAttributes": { "idle_timeout.timeout_seconds": "9" },
    },
    [
      'ingress.loadBalancerAttributes.idle_timeout.timeout_seconds "9" can\'t be set here: set ingress.idleTimeoutSeconds',
      'ingress.annotations.alb.ingress.kubernetes.io/scheme "internal" can\'t be set here: set ingress.scheme',
      'ingress.annotations.alb.ingress.kubernetes.io/target-type "instance" can\'t be set here: targets are pods, or the drain would not be seen',
      'ingress.annotations.kubernetes.io/ingress.class "alb" can\'t be set here: the charts set the class.',
    ].join(".\n  "),
  ],
  [
    "security groups beside other ways to choose clients",
    eks,
    {
      "ingress.securityGroups": ["sg-0123456789abcdef0"],
      "ingress.inboundCidrs": ["10.0.0.0/8"],
      "ingress.cloudFrontPrefixList": "pl-a3a144ca",
    },
    [
      "ingress.inboundCidrs has no effect with ingress.securityGroups, which decide alone. Remove it, and add its rules to them",
      "ingress.cloudFrontPrefixList has no effect with ingress.securityGroups, which decide alone. Remove it, and add its rules to them.",
    ].join(".\n  "),
  ],
  [
    "malformed options of the load balancer",
    eks,
    {
      "ingress.group": { name: "Public", order: 2_000 },
      "ingress.securityGroups": ["default"],
      "ingress.ipAddressType": "ipv6",
      "ingress.minimumCapacityUnits": 10,
    },
    [
      'ingress.group.name "Public" must be up to 63 lower-case letters, digits, "-" and "."',
      "ingress.group.order 2000 must be a whole number, -1000 to 1000",
      'ingress.securityGroups.0 "default" must be the id of a security group, sg-…',
      'ingress.ipAddressType "ipv6" must be ipv4, dualstack or dualstack-without-public-ipv4',
      "ingress.minimumCapacityUnits 10 must be a whole number of capacity units, 100 to 1000000.",
    ].join(".\n  "),
  ],
  [
    "IPv6 targets of a load balancer without IPv6",
    eks,
    {
      "ingress.subnetCidrs": ["2001:db8::/64"],
      "ingress.ipAddressType": "ipv4",
    },
    'ingress.ipAddressType "ipv4" can\'t have targets in an IPv6 subnet of ingress.subnetCidrs. Set it to dualstack.',
  ],
  [
    "Shield in EKS Auto Mode",
    eksAuto,
    { "ingress.shieldAdvanced": true },
    "ingress.shieldAdvanced true is not supported by EKS Auto Mode. Protect the load balancer in AWS Shield itself, or use the AWS Load Balancer Controller (kind alb).",
  ],
  [
    "sign-in without the scope of OpenID Connect",
    eks,
    { "ingress.authenticate": { ...oidc, scopes: ["profile"] } },
    'ingress.authenticate.scopes ["profile"] must contain "openid".',
  ],
  [
    "models without a place, and with two",
    eks,
    {
      "models.egress": [
        { port: 8000 },
        { namespace: "models", cidr: "10.0.0.0/8" },
      ],
    },
    [
      'models.egress.0 {"port":8000} must have either a cidr, or the namespace of the models\' pods',
      'models.egress.1 {"namespace":"models","cidr":"10.0.0.0/8"} must have either a cidr, or the namespace of the models\' pods.',
    ].join(".\n  "),
  ],
  [
    "a Gateway without proxies",
    eks,
    {
      ingress: {
        kind: "gateway",
        host: "chat.example.com",
        parentRefs: [],
        clients: [{}],
      },
    },
    [
      "ingress.parentRefs [] must name the Gateway: { name, namespace }",
      "ingress.clients.0 {} must have either a cidr, or the namespace of the proxies' pods.",
    ].join(".\n  "),
  ],
  [
    "an unknown key",
    kind,
    { replicas: 3, "web.replica": { min: 1 } },
    [
      'web.replica {"min":1} is not a field of an environment. Remove it or correct its name.',
      "replicas 3 is not a field of an environment. Remove it or correct its name.",
    ].join("\n  "),
  ],
  [
    "a missing field",
    kind,
    { image: undefined, "web.replicas.max": undefined },
    [
      "image must be set.",
      "web.replicas.max is missing, and must be a whole number of pods, 1 to 500.",
    ].join("\n  "),
  ],
];

describe("an invalid environment", () => {
  test.each(mistakes)(
    "the error for %s names the field and the remedy",
    (_, environment, changes, message) => {
      const said = faults(environment, changes);
      // The last message ends in a list that grows with the program.
      const end = message.endsWith(" ") ? message.length : said.length;
      expect(said.slice(0, end)).toBe(message);
    },
  );

  test("an invalid environment reports all errors at once", () => {
    const message = faults(eks, {
      "storage.sessions": "fs-0123456789abcdef0",
      "ingress.host": undefined,
      "web.replicas.min": 1,
      drainSeconds: 3_600,
      typo: true,
    });
    expect(message.split("\n")).toHaveLength(6);
  });

  test.each([["nothing"], [null], [42], [[]]])(
    "%p in place of an environment is rejected with a message",
    (input) => {
      expect(() => parseEnvironment(input)).toThrow("The environment");
    },
  );
});

describe("an environment", () => {
  test.each([
    "10.0.0.0/16",
    "0.0.0.0/0",
    "::/0",
    "2001:db8:1234:1a00::/56",
    "fd00:ec2::23/128",
  ])("an environment accepts the address block %s", (cidr) => {
    expect(faults(eks, { "ingress.subnetCidrs": [cidr] })).toBe("");
  });

  test.each([
    "256.0.0.0/8",
    "10.0.0.0/33",
    "010.0.0.0/8",
    "2001:db8::/129",
    "2001:db8::1::/64",
    "fe80::1%eth0/64",
    "2001:db8::",
    "999.1.1.1/24",
    "::ffff:10.0.0.0/104",
  ])("an environment rejects the address block %s", (cidr) => {
    expect(faults(eks, { "ingress.subnetCidrs": [cidr] })).toMatch(
      /must be an IPv4 or IPv6 address block/,
    );
  });

  test("an environment may run a single pod if it accepts its interruption", () => {
    const single = { min: 1, max: 1 };
    const changes = { "web.replicas": single, "web.maxUnavailable": "100%" };
    expect(faults(eks, changes)).toBe("");
  });

  test.each([
    ["10.42.0.7/24", "10.42.0.0/24"],
    ["10.0.16.1/20", "10.0.16.0/20"],
    ["2001:db8::1/64", "2001:db8::/64"],
    ["2001:DB8:0:1ff::/57", "2001:db8:0:180::/57"],
  ])("an environment rejects %s and proposes %s", (cidr, network) => {
    const at = { "models.egress": [{ cidr }] };
    expect(faults(eks, at)).toBe(
      `models.egress.0.cidr "${cidr}" has bits beyond its prefix, so the API server rejects it. Set "${network}".`,
    );
    expect(faults(eks, { "models.egress": [{ cidr: network }] })).toBe("");
  });

  test.each([
    "169.254.169.254/32",
    "169.254.0.0/16",
    "128.0.0.0/1",
    "fd00::/8",
  ])(
    "an environment rejects models at %s, which has the metadata endpoint",
    (cidr) => {
      expect(faults(eks, { "models.egress": [{ cidr }] })).toMatch(
        /^models\.egress\.0\.cidr .* has the nodes' metadata endpoint/,
      );
    },
  );

  test("an environment needs a drain of at least a second", () => {
    expect(faults(eks, { drainSeconds: 0 })).toBe(
      "drainSeconds 0 must be a whole number of seconds, 1 to 3600.",
    );
  });

  test.each([
    ["aws", "mx-central-1"],
    ["aws-cn", "cn-northwest-1"],
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-iso", "us-iso-east-1"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-iso-e", "eu-isoe-west-1"],
    ["aws-iso-f", "us-isof-south-1"],
    ["aws-eusc", "eusc-de-east-1"],
  ])(
    "an environment accepts ARNs of the partition %s and its region %s",
    (name, region) => {
      const account = `${region}:111122223333`;
      expect(
        faults(eksAck, {
          "models.region": region,
          "aws.region": region,
          "aws.cloudFront": undefined,
          "aws.backendRoleArn": `arn:${name}:iam::111122223333:role/keepsake`,
          "aws.kmsKeyArn": `arn:${name}:kms:${account}:key/0`,
          "ingress.certificateArn": `arn:${name}:acm:${account}:certificate/0`,
          "ingress.webAclArn": `arn:${name}:wafv2:${account}:regional/webacl/a/b`,
        }),
      ).toBe("");
    },
  );
});

describe("shipped environments", () => {
  test.each(environmentNames())(
    "the shipped environment %s is valid",
    async (name) => {
      expect(await readEnvironment(name)).toMatchObject({ name });
    },
  );

  test("an unknown environment is rejected with a list of the shipped ones", async () => {
    await expect(readEnvironment("prod")).rejects.toThrow(
      'There is no environment "prod". There are eks, eks-ack, eks-auto, kind: each is a file in k8s/environments/.',
    );
  });
});

describe("a custom environment", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "keepsake-environments-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("one more file adds an environment", async () => {
    await writeFile(
      path.join(folder, "mine.js"),
      `module.exports = ${JSON.stringify({ ...kind, name: "mine" })};`,
    );
    expect(environmentNames(folder)).toEqual(["mine"]);
    expect(await readEnvironment("mine", {}, folder)).toMatchObject({
      name: "mine",
      drainSeconds: 30,
    });
  });

  test.each([
    [
      "name",
      "module.exports = { name: undeclared };",
      "undeclared is not defined",
    ],
    ["import", 'module.exports = require("./absent");', "Cannot find module"],
  ])(
    "an environment with a fault of %s is rejected with a sentence",
    async (fault, text, said) => {
      await writeFile(path.join(folder, `bad-${fault}.js`), text);
      const error = (await readEnvironment(`bad-${fault}`, {}, folder).catch(
        (thrown: unknown) => thrown,
      )) as Error;
      expect(error.name).toBe("EnvironmentError");
      expect(error.message).toMatch(
        new RegExp(
          `^k8s/environments/bad-${fault}\\.ts can't be read\\. .*(${said})`,
        ),
      );
      expect(error.message).not.toContain("    at ");
    },
  );

  test("an environment's name must equal its file's", async () => {
    await writeFile(
      path.join(folder, "other.js"),
      `module.exports = ${JSON.stringify(kind)};`,
    );
    await expect(readEnvironment("other", {}, folder)).rejects.toThrow(
      'name "kind" must be "other", as its file is named.',
    );
  });

  test("an environment takes the image that was just pushed", async () => {
    const image = `registry.example.com/keepsake@sha256:${"a".repeat(64)}`;
    expect(await readEnvironment("eks", { image })).toMatchObject({ image });
  });
});
