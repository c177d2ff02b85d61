import { EventWatcher } from "../../support/event-watcher";
import { scriptReply, useWeb, visitor, web } from "../../support/start-web";
import { waitFor } from "../../support/wait-for";

useWeb();

const rows = Array.from({ length: 200 }, (_, i) => `| ${i} | b |\n`);
const table = ["| a | b |\n|---|---|\n", ...rows];

/** Counts the streams that web has opened, and those that it has closed. */
function countStreams() {
  const streams = { opened: 0, closed: 0 };
  const known = web.api.watchReply.bind(web.api);
  web.api.watchReply = async function* (...asked) {
    streams.opened++;
    try {
      yield* known(...asked);
    } finally {
      streams.closed++;
    }
  };
  return streams;
}

const isSeen = ({ text }: EventWatcher) => text === "One";

describe("the watchers of a reply", () => {
  it("share one stream from the backend, and each gets all of the text", async () => {
    const reply = scriptReply(["One", " two", " three"]);
    const address = await visitor.begin("hello");
    const streams = countStreams();
    const watchers = Array.from({ length: 8 }, () => new EventWatcher());
    const followed = watchers.map((watcher) =>
      watcher.follow(visitor, `${address}/replies/2`),
    );
    reply.next();
    await waitFor(() => watchers.every(({ text }) => text === "One"));
    const late = new EventWatcher();
    const followedLate = late.follow(visitor, `${address}/replies/2`);
    await waitFor(() => late.text === "One");
    reply.next(2);
    await Promise.all([...followed, followedLate]);
    for (const watcher of [...watchers, late]) {
      expect(watcher.text).toBe("One two three");
      expect(watcher.end?.outcome).toBe("complete");
    }
    expect(streams.opened).toBe(1);
  });

  it("close the stream when the last of them leaves", async () => {
    const reply = scriptReply(["One", " two"]);
    const address = await visitor.begin("hello");
    const streams = countStreams();
    reply.next();
    const [first, second] = [new EventWatcher(), new EventWatcher()];
    let isSecondGone = false;
    const followed = first.follow(
      visitor,
      `${address}/replies/2`,
      () => isSecondGone,
    );
    await waitFor(() => isSeen(first));
    await second.follow(visitor, `${address}/replies/2`, isSeen);
    expect(streams).toEqual({ opened: 1, closed: 0 });
    isSecondGone = true;
    reply.next();
    await followed;
    await waitFor(() => streams.closed === 1);
  });

  it("get no block for an offset that is ahead of the text", async () => {
    const reply = scriptReply(table);
    const address = await visitor.begin("hello");
    reply.next(table.length);
    const watcher = new EventWatcher();
    watcher.lastId = "1.999999999";
    await watcher.follow(visitor, `${address}/replies/2`);
    expect(watcher.events.map(({ event }) => event)).toEqual(["end"]);
    expect(watcher.end?.html).toContain("<td>199</td>");
  });
});
