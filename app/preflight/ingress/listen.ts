import { performance } from "node:perf_hooks";
import { messageOf } from "../message-of";
import type { Settings } from "../check";
import { probe } from "./probe";

/** What arrived of a stream, and when, in milliseconds since it was asked for. */
export interface Heard {
  arrivals: { atMs: number; text: string }[];
  endedAtMs: number;
  /** Whether the last event came: if not, someone cut the stream. */
  complete: boolean;
  /** How it was cut, in words. */
  cut?: string;
}

/**
 * Listens to the web pod's probing stream, through the ingress.
 *
 * @param quietSeconds How long it shall be silent before its last event.
 */
export async function listenToStream(
  config: Settings,
  quietSeconds: number,
  signal: AbortSignal,
): Promise<Heard> {
  const start = performance.now();
  const arrivals: Heard["arrivals"] = [];
  const since = () => performance.now() - start;
  let cut: string | undefined;
  // Compression is where many proxies hold back, and browsers always ask for it.
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
