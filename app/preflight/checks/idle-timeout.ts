import { type Check, failure, ok, type Outcome, type Subject } from "../check";
import { listenToStream } from "../ingress/listen";
import { askWho } from "../ingress/probe";
import { liveTimes } from "../ingress/live-alb";
import { throughIngress } from "../ingress/through-ingress";
import { HEARTBEAT_MS } from "../../core/runtime/connection-registry";

/** A heartbeat may be late by as much as it is apart from the next, halved, and still be in time. */
const MARGIN = 1.5;

/** Does the ingress leave a stream open that is silent between two heartbeats. */
export const idleTimeout: Check = {
  name: "idle-timeout",
  why: "A model may think for a while before it writes. A proxy that cuts silent streams makes every such page reconnect, again and again.",
  run: async (subject) => [
    await throughIngress(subject, () => look(subject)),
    ...(await live(subject)),
  ],
};

/** From outside of the cluster no stream can be watched, but AWS can be asked. */
async function live(subject: Subject): Promise<Outcome[]> {
  const { idleTimeout: seconds } = await liveTimes(subject);
  if (seconds === undefined) return [];
  const heartbeat = HEARTBEAT_MS / 1_000;
  const seen = `The live load balancer closes connections that are silent for ${seconds} s; heartbeats come every ${heartbeat} s.`;
  if (seconds > heartbeat * MARGIN) return [ok(seen)];
  return [
    failure(
      seen,
      "Set idle_timeout.timeout_seconds to 60 or more: idleTimeoutSeconds of the environment, which its IngressClassParams say.",
    ),
  ];
}

async function look({ config, signal }: Subject): Promise<Outcome> {
  const { heartbeatSeconds } = await askWho(config);
  const quietSeconds = heartbeatSeconds * MARGIN;
  const { arrivals, endedAtMs, complete, cut } = await listenToStream(
    config,
    quietSeconds,
    signal,
  );
  if (complete) {
    return ok(
      `A stream that was silent for ${quietSeconds} s stayed open; heartbeats come every ${heartbeatSeconds} s.`,
    );
  }
  const silentMs = endedAtMs - (arrivals.at(-1)?.atMs ?? 0);
  return failure(
    `A silent stream was cut after ${(silentMs / 1000).toFixed(1)} s (${cut ?? "without an error"}); heartbeats come every ${heartbeatSeconds} s.`,
    `Set the idle time-out of all that stands before web to 60 s or more: idle_timeout.timeout_seconds of the ALB, the origin's response time-out of CloudFront, the responding time-outs of Traefik.`,
  );
}
