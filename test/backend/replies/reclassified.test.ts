import type { ReplyEvent } from "../../../app/core/domain/records";
import { TimeSlices } from "../../../app/web/rendering/time-slices";
import { LiveReply } from "../../../app/web/streaming/live-reply";
import { Watcher } from "../../../app/web/streaming/watcher";
import { ref, directory, useDirectory, watchToEnd } from "./processes";
import { barrier, scriptedModels } from "./scripted-models";
import { waitFor } from "../../support/wait-for";

useDirectory();

describe("text that turns out to be reasoning", () => {
  it("leaves the text of the watchers, the snapshot and the message", async () => {
    const tag = barrier();
    const { models } = scriptedModels(() => [
      "Let me ",
      "see.\n",
      () => tag.held,
      { kind: "reclassify", as: "reasoning" },
      "4",
    ]);
    const replies = directory.process(models);
    await replies.start(ref);
    await waitFor(async () => (await replies.snapshot(ref))?.text !== "");
    tag.go();
    const live = await watchToEnd(replies);
    expect(live.text).toBe("4");
    const other = directory.process(models);
    const late = await watchToEnd(other);
    expect(late.events.slice(0, -1).map(({ kind }) => kind)).not.toContain(
      "notice",
    );
    expect(late.text).toBe("4");
    expect(directory.records.messages).toMatchObject([
      { outcome: "complete", text: "4", reasoning: "Let me see.\n" },
    ]);
  });

  it("is not given to the successor as text", async () => {
    const stalled = barrier();
    const first = scriptedModels(() => [
      "Let me see.\n",
      { kind: "reclassify", as: "reasoning" },
      "4",
      () => stalled.held,
    ]);
    const writer = directory.process(first.models);
    await writer.start(ref);
    await waitFor(async () => (await writer.snapshot(ref))?.text === "4");
    const { asked, models } = scriptedModels(() => ["2"]);
    const successor = directory.process(models);
    const following = watchToEnd(successor);
    await writer.drain();
    expect((await following).text).toBe("42");
    expect(asked[0]?.at(-1)).toEqual({ role: "assistant", text: "4" });
    expect(directory.records.messages).toMatchObject([{ text: "42" }]);
  });

  it("leaves the page of a watcher that comes back, without a notice", async () => {
    const events: ReplyEvent[] = [
      { kind: "epoch", epoch: 1, keep: 0 },
      { kind: "text", text: "Let me see.\n" },
      { kind: "epoch", epoch: 1, keep: 0 },
      { kind: "reasoning", text: "Let me see.\n" },
      { kind: "text", text: "4" },
    ];
    const options = { slices: new TimeSlices(), interval: { ms: 15 } };
    const reply = new LiveReply(options, async function* () {
      for (const event of events) yield { event };
    });
    await reply.done;
    const watcher = new Watcher(reply, { epoch: 1, length: 12 });
    const [, data = ""] = /^data: (.*)$/m.exec(String(watcher.next())) ?? [];
    expect(JSON.parse(data)).toEqual({ from: 0, html: "<p>4</p>" });
    expect(watcher.hasNews).toBe(false);
  });
});
