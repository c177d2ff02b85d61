import { Yaml } from "cdk8s";
import { PORTS } from "./ports";

/** The entry point of Traefik's readiness probe. */
export const PING_ENTRY_POINT = "ping";

/** Above the router that Traefik derives from the Ingress, which has every entry point. */
const ABOVE_INGRESS = 1_000;

export interface TraefikRoutesOptions {
  namespace: string;
  clusterDomain: string;
  host?: string;
  /** Empty for all paths. */
  path: string;
}

/**
 * The content of Traefik's file provider: everything goes to the pod that the sticky cookie names.
 * If that pod fails, the request is sent once more, to any pod, through web's Service. Traefik's
 * retry middleware can't do this: it follows the cookie to the same pod again.
 */
export function traefikRoutes(options: TraefikRoutesOptions): string {
  const { namespace, clusterDomain } = options;
  return Yaml.stringify({
    http: {
      routers: {
        web: {
          entryPoints: ["http"],
          rule: ruleOf(options),
          priority: ABOVE_INGRESS,
          service: "web",
        },
        ping: {
          entryPoints: [PING_ENTRY_POINT],
          rule: "Path(`/ping`)",
          priority: ABOVE_INGRESS,
          service: "ping",
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
        // Never sends a request to web: naming it makes `/ping` answer 404 until it is loaded.
        ping: {
          weighted: {
            services: [
              { name: "ping@internal", weight: 1 },
              { name: "web", weight: 0 },
            ],
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

/** Traefik's `PathPrefix` compares characters: `/chat` alone would match `/chatter`. */
function ruleOf({ host, path }: TraefikRoutesOptions): string {
  const below = path && `(Path(\`${path}\`) || PathPrefix(\`${path}/\`))`;
  if (!host) return below || "PathPrefix(`/`)";
  return [`Host(\`${host}\`)`, below].filter(Boolean).join(" && ");
}
