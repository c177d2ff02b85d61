import { EventEmitter, once } from "node:events";
import type { ReplyEvent } from "../../app/core/domain/records";

/** A reply that goes on when it is told to. */
export function stepwise(steps: (string | ReplyEvent)[]) {
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
