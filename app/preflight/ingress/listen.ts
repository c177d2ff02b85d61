import { performance } from "node:perf_hooks";
import { messageOf } from "../message-of";
import type { Settings } from "../check";
import { probe } from "./probe";

/** The received parts of a stream, with the time since the request. */
export interface Received {
  arrivals: { atMs: number; text: string }[];
  endedAtMs: number;
  /** False if the stream was cut before its last event. */
  complete: boolean;
  cut?: string;
}

/**
 * Reads web's test stream through the ingress.
 *
 * @param quietSeconds The silence before the last event.
 */
export async function listenToStream(
  config: Settings,
  quietSeconds: number,
  signal: AbortSignal,
): Promise<Received> {
  const start = performance.now();
  const arrivals: Received["arrivals"] = [];
  const since = () => performance.now() - start;
  let cut: string | undefined;
  // Many proxies buffer in order to compress, and browsers always accept compression.
  const response = await probe(
    config,
    `/preflight/stream?quiet=${quietSeconds}`,
    {
      headers: { accept: "text/event-stream", "accept-encoding": "gzip, br" },
      signal,
    },
  );
  try {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const bytes = chunk as Uint8Array;
      arrivals.push({
        atMs: since(),
        text: decoder.decode(bytes, { stream: true }),
      });
    }
  } catch (error) {
    cut = messageOf(error);
  }
  const text = arrivals.map((arrival) => arrival.text).join("");
  return {
    arrivals,
    endedAtMs: since(),
    complete: text.includes('"last"'),
    cut,
  };
}
