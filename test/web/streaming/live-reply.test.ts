import { setImmediate as nextTurn } from "node:timers/promises";
import { Condition } from "../../../app/core/runtime/async";
import type { ReplyEvent } from "../../../app/core/domain/records";
import { TimeSlices } from "../../../app/web/rendering/time-slices";
import { LiveReply } from "../../../app/web/streaming/live-reply";
import { waitFor } from "../../support/wait-for";

/** A reply whose events the test sends. */
function liveReply(ms: number) {
  const events: ReplyEvent[] = [{ kind: "epoch", epoch: 1, keep: 0 }];
  const sent = new Condition();
  const options = { slices: new TimeSlices(), interval: { ms } };
  const reply = new LiveReply(options, async function* (signal) {
    for (;;) {
      const event = events.shift();
      if (event) yield { event };
      if (signal.aborted || event?.kind === "end") return;
      if (events.length === 0) await sent.wait(signal);
    }
  });
  const send = async (...more: ReplyEvent[]) => {
    events.push(...more);
    sent.notifyAll();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
  };
  return { reply, send };
}

const text = (piece: string): ReplyEvent => ({ kind: "text", text: piece });
const end = (all: string): ReplyEvent => ({
  kind: "end",
  outcome: "complete",
  text: all,
  model: "m",
  modelName: "M",
  leftOut: 0,
  at: "2026-01-31T00:00:00.000Z",
});

/** Far longer than the test. */
const NEVER_MS = 2 ** 30;

describe("a reply that is followed", () => {
  it("renders text that arrives within the interval as one state", async () => {
    const { reply, send } = liveReply(NEVER_MS);
    await send(text("One"));
    const { version } = reply.state;
    await send(text(" two"));
    await send(text(" three"));
    expect(reply.state.version).toBe(version);
    reply.stop();
  });

  it("renders its end at once, however long the interval is", async () => {
    const { reply, send } = liveReply(NEVER_MS);
    await send(text("One"));
    await send(text(" two"));
    await send(end("One two three"));
    await reply.done;
    expect(reply.state.text).toBe("One two three");
  });

  it("renders each piece if the interval is over", async () => {
    const { reply, send } = liveReply(0);
    for (const piece of ["One", " two", " three"]) {
      const before = reply.state.text;
      await send(text(piece));
      await waitFor(() => reply.state.text === before + piece);
    }
    expect(reply.state.version).toBe(3);
    reply.stop();
    await reply.done;
  });
});
