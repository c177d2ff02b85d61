import { z } from "zod";
import { dnsLabel, hostNameOrLocal, ingressPath, whole } from "./fields";
import { annotationMap } from "./kubernetes";
import { place } from "./place";

const parentRef = z.strictObject({
  name: dnsLabel.describe(
    "the Gateway, which is yours: it has the certificate",
  ),
  namespace: dnsLabel.describe(
    "the Gateway's, whose listener must allow routes of Keepsake's namespace",
  ),
  sectionName: dnsLabel
    .optional()
    .describe("a listener; name the one with HTTPS if there is one without"),
});

/** An HTTPRoute at a Gateway of the cluster (Gateway API), in place of a load balancer of one's own. */
export const gateway = z.strictObject({
  kind: z.literal("gateway"),
  host: hostNameOrLocal.describe(
    "the public host name; localhost on a cluster of your own machine",
  ),
  path: ingressPath,
  parentRefs: z
    .array(parentRef)
    .min(1, "must name the Gateway: { name, namespace }"),
  clients: z
    .array(
      place(
        {},
        "must have either a cidr, or the namespace of the proxies' pods",
      ),
    )
    .min(
      1,
      "must list the Gateway's proxies, the only ones that may reach web",
    ),
  idleTimeoutSeconds: whole(1, 4_000, "seconds")
    .default(60)
    .describe(
      "the proxies' idle time-out of connections to web, which web must exceed",
    ),
  sessionPersistence: z
    .boolean()
    .default(false)
    .describe(
      "a sticky cookie, an optimisation. Needs the experimental channel's definitions, and a controller that implements it",
    ),
  annotations: annotationMap().describe("of the HTTPRoute"),
});

export type Gateway = z.output<typeof gateway>;
