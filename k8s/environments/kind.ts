import type { EnvironmentInput } from "../schema/environment";

/** A kind cluster on this machine: three nodes that share a folder, and Traefik. */
const kind: EnvironmentInput = {
  name: "kind",
  image: "keepsake:dev",
  // Images are loaded into the nodes, not pulled, so they have no digest.
  pinnedImages: false,
  // Small enough for a laptop, and for autoscaling to be seen.
  web: {
    replicas: { min: 2, max: 6 },
    resources: { cpu: "50m", memory: "128Mi", memoryLimit: "384Mi" },
  },
  backend: {
    replicas: { min: 2, max: 6 },
    resources: { cpu: "50m", memory: "128Mi", memoryLimit: "384Mi" },
  },
  // The nodes' network hides the visitors' addresses, so all of them would share one limit.
  settings: {
    web: {
      SESSIONS_PER_MINUTE: "0",
      MESSAGES_PER_MINUTE: "0",
      UPLOADS_PER_MINUTE: "0",
      STREAMS_PER_MINUTE: "0",
      SEARCHES_PER_MINUTE: "0",
      SHARED_PER_MINUTE: "0",
    },
  },
  models: { providers: ["eliza"] },
  storage: { kind: "host", path: "/var/lib/keepsake" },
  ingress: { kind: "traefik", image: "traefik:v3.7.13", nodePort: 30_080 },
};

export default kind;
