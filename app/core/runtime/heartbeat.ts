/**
 * How long a stream to a browser is silent at most. Below the 60 s after which a load balancer closes a
 * connection that says nothing.
 */
export const HEARTBEAT_MS = 10_000;
