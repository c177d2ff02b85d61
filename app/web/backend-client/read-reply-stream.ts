import { createParser, type EventSourceMessage } from "eventsource-parser";
import { z } from "zod";
import { ReplyEvent } from "../../core/domain/records";

/** What a backend tells at once of a reply's stream. */
export interface Told {
  /** `undefined` where only the offset moved. */
  event: ReplyEvent | undefined;
  /** What to go on after. */
  offset: string;
  /** Whether nothing comes after it. */
  isEnd: boolean;
}

/**
 * Reads a reply's stream as server-sent events, in the format of the Durable Streams protocol.
 *
 * @param silenceMs For how many milliseconds nothing may come.
 * @returns `alive` for whatever arrives, then what it tells.
 * @throws Error after too long a silence, when aborted, or for what is no such stream.
 */
export async function* readReplyStream(
  body: AsyncIterable<Uint8Array>,
  silenceMs: number,
  signal: AbortSignal,
): AsyncGenerator<Told | "alive", void> {
  const decoder = new TextDecoder();
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  const chunks = body[Symbol.asyncIterator]();
  let events: ReplyEvent[] = [];
  for (;;) {
    const chunk = await within(silenceMs, chunks.next(), signal);
    if (chunk.done) return;
    yield "alive";
    parser.feed(decoder.decode(chunk.value, { stream: true }));
    for (const { event, data } of messages.splice(0)) {
      if (event === "data") events = Events.parse(JSON.parse(data));
      if (event !== "control") continue;
      yield* toTold(events, Control.parse(JSON.parse(data)));
      events = [];
    }
  }
}

const KINDS = new Set<string>(
  ReplyEvent.options.map(({ shape }) => shape.kind.value),
);

/** What a newer backend tells and this version doesn't know is passed over: a rollout has both. */
const Events = z.preprocess(
  (events) => (Array.isArray(events) ? events.filter(mayBeKnown) : events),
  z.array(ReplyEvent),
);

/** Whether it is of a kind that is known, or else so wrong that it must be refused. */
function mayBeKnown(event: unknown): boolean {
  if (typeof event !== "object" || event === null) return true;
  const kind = "kind" in event ? event.kind : undefined;
  return typeof kind !== "string" || KINDS.has(kind);
}

const Control = z.object({
  streamNextOffset: z.string(),
  upToDate: z.boolean().optional(),
  streamClosed: z.boolean().optional(),
});

/** Events that come together share an offset: whoever has taken one takes the rest too. */
function toTold(
  events: ReplyEvent[],
  control: z.output<typeof Control>,
): Told[] {
  const offset = control.streamNextOffset;
  const isClosed = control.streamClosed === true;
  if (events.length === 0) {
    return [{ event: undefined, offset, isEnd: isClosed }];
  }
  const isLast = isClosed || control.upToDate === true;
  return events.map((event, index) => ({
    event,
    offset,
    isEnd: isLast && index === events.length - 1 && event.kind === "end",
  }));
}

/** @throws Error after so many milliseconds, or when aborted. */
export function within<T>(
  ms: number,
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error("the backend fell silent"));
    const timer = setTimeout(fail, ms);
    signal.addEventListener("abort", fail, { once: true });
    void promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", fail);
    });
  });
}
