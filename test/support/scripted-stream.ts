import { EventEmitter, once } from "node:events";
import type { ReplyEvent } from "../../app/core/domain/records";

/** A reply that continues when the test calls `next`. */
export function scriptedStream(steps: (string | ReplyEvent)[]) {
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
