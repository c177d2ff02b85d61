import { ApiObject } from "cdk8s";
import type { Construct } from "constructs";
import type { Gateway } from "../schema/gateway";
import { emit } from "./emit";
import { labels } from "./labels";
import { PORTS } from "./ports";

/** The cookie by which a visitor returns to the same web pod. */
const POD_COOKIE = "keepsake-pod";

/** Adds the only route: everything goes to web. */
export function addHttpRoute(
  scope: Construct,
  namespace: string,
  gateway: Gateway,
): void {
  const { annotations, host, path, parentRefs, sessionPersistence } = gateway;
  emit(scope, "route", ApiObject, {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: {
      name: "web",
      namespace,
      labels: labels(namespace, "ingress"),
      annotations,
    },
    spec: {
      parentRefs: parentRefs.map((parent) => ({
        group: "gateway.networking.k8s.io",
        kind: "Gateway",
        ...parent,
      })),
      hostnames: [host],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: path || "/" } }],
          backendRefs: [
            {
              group: "",
              kind: "Service",
              name: "web",
              port: PORTS.web.http,
              weight: 1,
            },
          ],
          // No limit: an event stream is one request, as long as its page is open.
          timeouts: { request: "0s" },
          ...(sessionPersistence
            ? {
                sessionPersistence: {
                  type: "Cookie",
                  sessionName: POD_COOKIE,
                  cookieConfig: { lifetimeType: "Session" },
                },
              }
            : {}),
        },
      ],
    },
  });
}
