/** Metrics have a port of their own, which no ingress reaches. */
export const PORTS = {
  web: { http: 8080, metrics: 9090 },
  backend: { http: 8081, metrics: 9091 },
};
