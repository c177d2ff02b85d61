import { type Check, failure, ok, type Outcome, type Subject } from "../check";
import { listenToStream } from "../ingress/listen";
import { askWho } from "../ingress/probe";
import { liveTimes } from "../ingress/live-alb";
import { throughIngress } from "../ingress/through-ingress";
import { HEARTBEAT_MS } from "../../core/runtime/connection-registry";

/** Allows heartbeats that are late by half of their interval. */
const MARGIN = 1.5;

/** Checks that the ingress keeps a stream open that is silent between two heartbeats. */
export const idleTimeout: Check = {
  name: "idle-timeout",
  why: "A model may take a while to start its reply. A proxy that cuts silent streams makes such pages reconnect repeatedly.",
  run: async (subject) => [
    await throughIngress(subject, () => look(subject)),
    ...(await live(subject)),
  ],
};

/** From outside the cluster, no stream can be tested, but AWS reports the setting. */
async function live(subject: Subject): Promise<Outcome[]> {
  const { idleTimeout: seconds } = await liveTimes(subject);
  if (seconds === undefined) return [];
  const heartbeat = HEARTBEAT_MS / 1_000;
  const seen = `The live load balancer closes connections after ${seconds} s of silence; heartbeats are sent every ${heartbeat} s.`;
  if (seconds > heartbeat * MARGIN) return [ok(seen)];
  return [
    failure(
      seen,
      "Set idle_timeout.timeout_seconds to 60 or more, by idleTimeoutSeconds in the environment.",
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
      `A stream that was silent for ${quietSeconds} s stayed open; heartbeats are sent every ${heartbeatSeconds} s.`,
    );
  }
  const silentMs = endedAtMs - (arrivals.at(-1)?.atMs ?? 0);
  return failure(
    `A silent stream was cut after ${(silentMs / 1000).toFixed(1)} s (${cut ?? "without an error"}); heartbeats are sent every ${heartbeatSeconds} s.`,
    `Set the idle time-out of every proxy to 60 s or more: idle_timeout.timeout_seconds of the ALB, the origin's response time-out of CloudFront, the responding time-outs of Traefik.`,
  );
}
