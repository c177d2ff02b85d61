import { type Check, failure, ok, type Outcome, type Subject } from "../check";
import { listenToStream } from "../ingress/listen";
import { throughIngress } from "../ingress/through-ingress";

/** Does the ingress pass on what a stream says as it is said. */
export const buffering: Check = {
  name: "buffering",
  why: "A reply is shown as it is written. Behind a proxy that holds it back people look at an empty page, and then at all of it.",
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
      "Look at the ingress controller's log for what closes connections.",
    );
  }
  const firstMs = arrivals[0]?.atMs ?? endedAtMs;
  // What isn't held back arrives in ten parts over the whole time; half of it leaves room for a slow start.
  if (firstMs < endedAtMs / 2 && arrivals.length > 2) {
    return ok(
      `A stream arrives as it is sent: the first part after ${seconds(firstMs)}, ${arrivals.length} parts in ${seconds(endedAtMs)}.`,
    );
  }
  return failure(
    `A stream of ten parts over 2 s arrived in ${arrivals.length}, the first after ${seconds(firstMs)}.`,
    "Turn off response buffering and compression of text/event-stream in what stands before web: proxy_buffering off in nginx, no buffering middleware in Traefik, no caching behaviour of CloudFront for it.",
  );
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
