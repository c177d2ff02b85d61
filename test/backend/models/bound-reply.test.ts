import { boundReply } from "../../../app/backend/models/bound-reply";
import type { ModelEvent } from "../../../app/backend/models/model";

it("cuts a reply without end, and leaves its model", async () => {
  let hasLeft = false;
  async function* endless(): AsyncGenerator<ModelEvent> {
    try {
      for (;;) yield { kind: "reasoning", text: "and ".repeat(250) };
    } finally {
      hasLeft = true;
    }
  }
  const events: ModelEvent[] = [];
  for await (const event of boundReply(endless(), 10_000)) events.push(event);
  expect(events).toHaveLength(11);
  expect(events.at(-1)).toEqual({ kind: "stop", reason: "length" });
  expect(hasLeft).toBe(true);
});
