import type { ModelEvent } from "./model";

/**
 * Gives on a reply whose request is cancelled when the reply is aborted, or left by its reader.
 * Ends with the reason of the abort.
 */
export async function* cancelling(
  signal: AbortSignal,
  begin: (inner: AbortSignal) => AsyncIterable<ModelEvent>,
): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const event of begin(controller.signal)) {
      signal.throwIfAborted();
      yield event;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    controller.abort();
  }
}
