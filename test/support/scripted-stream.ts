import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelEvent } from "../../app/backend/models/model";
import type { ReplyEvent } from "../../app/core/domain/records";

/** A piece of text, or another event that a model can cause; an end is a failure. */
export type Step =
  string | ModelEvent | Extract<ReplyEvent, { kind: "notice" | "end" }>;

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
