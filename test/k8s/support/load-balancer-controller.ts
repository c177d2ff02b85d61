import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { json } from "node:stream/consumers";
import { isNetwork } from "../../../k8s/schema/address-block";
import type { ApiServer } from "./api-server";
import { field, type Manifest } from "./manifests";

const pem = (name: string) =>
  readFileSync(
    path.join(__dirname, "../../support/certificates", `${name}.pem`),
    "utf8",
  );

interface Review {
  request: { uid: string; object: Manifest; oldObject: Manifest | null };
}

export interface LoadBalancerController {
  /** Objects that its chart installs: its webhooks, and a definition that the manifests lack. */
  installation: Manifest[];
  stop: () => void;
}

/**
 * A stand-in for the AWS Load Balancer Controller, with the rules of its validating webhooks and their
 * failure policy. It creates no load balancer.
 */
export async function startLoadBalancerController(
  server: ApiServer,
): Promise<LoadBalancerController> {
  const webhooks = createServer(
    { key: pem("server-key"), cert: pem("server") },
    (request, response) =>
      void review(server, request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) =>
    webhooks.listen(0, "127.0.0.1", resolve),
  );
  const { port } = webhooks.address() as AddressInfo;
  return {
    installation: [BINDINGS, configuration(port)],
    stop: () => {
      webhooks.close();
      webhooks.closeAllConnections();
    },
  };
}

/** Admits or rejects the object of a request. */
async function review(
  server: ApiServer,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { request } = (await json(incoming)) as Review;
  const message = await faultOf(server, incoming.url!, request);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer(request.uid, message)));
}

const answer = (uid: string, message: string | undefined) => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  response: {
    uid,
    allowed: message === undefined,
    ...(message === undefined ? {} : { status: { code: 403, message } }),
  },
});

async function faultOf(
  server: ApiServer,
  url: string,
  { object }: Review["request"],
): Promise<string | undefined> {
  // The API server adds a query with its time-out.
  return url.startsWith(`${INGRESSES}?`)
    ? faultOfIngress(server, object)
    : paramsFault(object);
}

/** The class must exist, and conditions must be JSON. Ingresses of other controllers pass. */
async function faultOfIngress(
  server: ApiServer,
  ingress: Manifest,
): Promise<string | undefined> {
  const name = field(ingress, "spec.ingressClassName") as string | undefined;
  if (name === undefined) return undefined;
  const found = await server.kubectl([
    "get",
    "ingressclass",
    name,
    "-o",
    "json",
  ]);
  if (found.code !== 0) {
    return `invalid ingress class: IngressClass.networking.k8s.io "${name}" not found`;
  }
  const controller = field(JSON.parse(found.stdout), "spec.controller");
  if (controller !== "ingress.k8s.aws/alb") return undefined;
  const unreadable = Object.entries(ingress.metadata.annotations ?? {}).find(
    ([key, value]) =>
      key.startsWith("alb.ingress.kubernetes.io/conditions.") && !isJson(value),
  );
  return unreadable && `failed to parse json annotation, ${unreadable[0]}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Inbound address blocks must be networks; subnets are named by ids or by tags, each once. */
function paramsFault(params: Manifest): string | undefined {
  const blocks = (field(params, "spec.inboundCIDRs") ?? []) as string[];
  const block = blocks.find((cidr) => !isNetwork(cidr));
  if (block) return `spec.inboundCIDRs: Invalid value: "${block}"`;
  const subnets = field(params, "spec.subnets") as
    { ids?: string[]; tags?: object } | undefined;
  if (!subnets) return undefined;
  const { ids, tags } = subnets;
  if (ids && tags) {
    return "spec.subnets.tags: Forbidden: may not have both `ids` and `tags` set";
  }
  if (!ids && !tags) {
    return "spec.subnets: Required value: must have either `ids` or `tags`";
  }
  return ids && new Set(ids).size < ids.length
    ? "spec.subnets.ids: Duplicate value"
    : undefined;
}

const INGRESSES = "/validate-networking-v1-ingress";
const PARAMS = "/validate-elbv2-k8s-aws-v1beta1-ingressclassparams";

const configuration = (port: number): Manifest => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "aws-load-balancer-webhook" },
  webhooks: [
    webhook("vingress.elbv2.k8s.aws", port, INGRESSES, {
      apiGroups: ["networking.k8s.io"],
      apiVersions: ["v1"],
      resources: ["ingresses"],
    }),
    webhook("vingressclassparams.elbv2.k8s.aws", port, PARAMS, {
      apiGroups: ["elbv2.k8s.aws"],
      apiVersions: ["v1beta1"],
      resources: ["ingressclassparams"],
    }),
  ],
});

const webhook = (name: string, port: number, url: string, rule: object) => ({
  name,
  clientConfig: {
    url: `https://127.0.0.1:${port}${url}`,
    caBundle: Buffer.from(pem("ca")).toString("base64"),
  },
  rules: [{ ...rule, operations: ["CREATE", "UPDATE"] }],
  failurePolicy: "Fail",
  matchPolicy: "Equivalent",
  sideEffects: "None",
  admissionReviewVersions: ["v1"],
});

/** The fields of the controller's definition that scripts/deploy reads. */
const BINDINGS = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "targetgroupbindings.elbv2.k8s.aws" },
  spec: {
    group: "elbv2.k8s.aws",
    scope: "Namespaced",
    names: { kind: "TargetGroupBinding", plural: "targetgroupbindings" },
    versions: [
      {
        name: "v1beta1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            "x-kubernetes-preserve-unknown-fields": true,
          },
        },
      },
    ],
  },
};
