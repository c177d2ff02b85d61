import type { ModelEvent } from "./model";

/** More than any model writes, in characters: a server may send without end. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** Ends a reply that is too long, as the model's own limit would. */
export async function* boundReply(
  events: AsyncIterable<ModelEvent>,
  maxLength = MAX_LENGTH,
): AsyncGenerator<ModelEvent> {
  let length = 0;
  for await (const event of events) {
    if ("text" in event) length += event.text.length;
    if (length > maxLength) {
      yield { kind: "stop", reason: "length" };
      return;
    }
    yield event;
  }
}
