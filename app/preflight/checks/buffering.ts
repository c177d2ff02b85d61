import { type Check, failure, ok, type Outcome, type Subject } from "../check";
import { listenToStream } from "../ingress/listen";
import { throughIngress } from "../ingress/through-ingress";

/** Checks that the ingress does not buffer streams. */
export const buffering: Check = {
  name: "buffering",
  why: "A reply is shown as it is written. Behind a proxy that buffers, users see nothing until it is complete.",
  run: (subject) => throughIngress(subject, () => look(subject)),
};

async function look({ config, signal }: Subject): Promise<Outcome> {
  const { arrivals, endedAtMs, complete, cut } = await listenToStream(
    config,
    0,
    signal,
  );
  if (!complete) {
    return failure(
      `A stream of 2 s was cut after ${seconds(endedAtMs)} (${cut ?? "without an error"}).`,
      "Check the ingress controller's log for closed connections.",
    );
  }
  const firstMs = arrivals[0]?.atMs ?? endedAtMs;
  // Without buffering, ten parts arrive over the whole time. Half of it allows for a slow start.
  if (firstMs < endedAtMs / 2 && arrivals.length > 2) {
    return ok(
      `A stream arrives as it is sent: the first part after ${seconds(firstMs)}, ${arrivals.length} parts in ${seconds(endedAtMs)}.`,
    );
  }
  return failure(
    `A stream of ten parts over 2 s arrived in ${arrivals.length}, the first after ${seconds(firstMs)}.`,
    "Disable response buffering and compression of text/event-stream in every proxy: proxy_buffering off in nginx, no buffering middleware in Traefik, no caching in CloudFront.",
  );
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
