import { Yaml } from "cdk8s";
import { PORTS } from "./ports";

export interface TraefikRoutesOptions {
  namespace: string;
  clusterDomain: string;
  host?: string;
}

/**
 * The content of Traefik's file provider: everything goes to the pod that the sticky cookie names.
 * If that pod fails, the request is sent once more, to any pod, through web's Service. Traefik's
 * retry middleware can't do this: it follows the cookie to the same pod again.
 */
export function traefikRoutes(options: TraefikRoutesOptions): string {
  const { namespace, clusterDomain, host } = options;
  return Yaml.stringify({
    http: {
      routers: {
        web: {
          entryPoints: ["http"],
          rule: host ? `Host(\`${host}\`)` : "PathPrefix(`/`)",
          // Above the router that Traefik derives from the Ingress.
          priority: 1_000,
          service: "web",
        },
      },
      services: {
        web: {
          failover: {
            service: `${namespace}-web-http@kubernetes`,
            fallback: "any-pod",
            errors: { status: ["502", "504"] },
          },
        },
        "any-pod": {
          loadBalancer: {
            servers: [
              {
                url: `http://web.${namespace}.svc.${clusterDomain}.:${PORTS.web.http}`,
              },
            ],
          },
        },
      },
    },
  });
}
