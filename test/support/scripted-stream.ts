import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { ModelError, type ModelEvent } from "../../app/backend/models/model";

/** The next step of a scripted model: send text or an event, wait for the test, or fail. */
export type Step = string | ModelEvent | (() => Promise<unknown>) | Error;

/** The output of a scripted model. */
export type Script = Iterable<Step> | AsyncIterable<Step>;

/** The events of a model that follows a script. Cannot notice a prompt that a real model refuses. */
export async function* modelEvents(
  script: Script,
  signal?: AbortSignal,
): AsyncGenerator<ModelEvent> {
  for await (const step of script) {
    if (signal?.aborted) return;
    if (step instanceof Error) throw step;
    if (typeof step === "function") await step();
    else yield typeof step === "string" ? { kind: "text", text: step } : step;
  }
  yield { kind: "stop", reason: "end" };
}

/** The failure of a model, with a reason for the visitor. */
export const failure = (reason: string) =>
  new ModelError("provider", reason, "");

/** A reply that continues when the test calls `next`. */
export function scriptedStream(steps: Step[]) {
  const emitter = new EventEmitter();
  const state = { allowed: 0 };
  return {
    next(count = 1) {
      state.allowed += count;
      emitter.emit("go");
    },
    async *script() {
      for (const step of steps) {
        while (state.allowed === 0) await once(emitter, "go");
        state.allowed--;
        yield step;
      }
    },
  };
}

/** Words with pauses, as a model writes them. */
export async function* slowly(text: string, delayMs: number) {
  for (const word of text.split(/(?<= )/)) {
    yield word;
    await sleep(delayMs);
  }
}
