import { logStart } from "../../../app/backend/replies/log/offset";
import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import {
  followLog,
  type LogSource,
} from "../../../app/backend/replies/reading/follow-log";
import { PeerGoneError } from "../../../app/backend/replies/writing/peer-client";
import { MemoryDisk } from "../../support/memory-disk";

/* When a reader asks the writer, and when the files alone. */

const header = { holder: "http://127.0.0.1:1", process: "writer", keep: 0 };

/** Follows a log on disk until it was read a few times. */
async function follow(given: Partial<LogSource>) {
  const log = new ReplyLog(new MemoryDisk(), "/reply");
  await log.open(1, () => header);
  const leave = new AbortController();
  const seen = { asked: 0, gone: 0, reads: 0 };
  const { followPeer, ...rest } = given;
  const source: LogSource = {
    read: (from) => {
      seen.reads += 1;
      if (seen.reads === 5) leave.abort();
      return log.read(from);
    },
    isExpected: () => Promise.resolve(false),
    localEpoch: () => undefined,
    followLocal: () => {
      throw new Error("No epoch is written here.");
    },
    followPeer: (...asked) => {
      seen.asked += 1;
      return followPeer?.(...asked) ?? nothing();
    },
    process: "reader",
    onPeerGone: () => (seen.gone += 1),
    onHandover: () => Promise.resolve(),
    onEnd: () => Promise.resolve(),
    pollMs: 1,
    avoidMs: 60_000,
    expectMs: 60_000,
    ...rest,
  };
  for await (const _ of followLog(source, logStart, leave.signal)) continue;
  return seen;
}

async function* nothing() {}

const failing = (error: Error) => () => {
  throw error;
};

it("asks a writer that ends its answer no more for a while", async () => {
  expect(await follow({})).toEqual({ asked: 1, gone: 0, reads: 5 });
});

it("asks again when that while is over", async () => {
  expect((await follow({ avoidMs: 0 })).asked).toBeGreaterThan(1);
});

it("never asks its own process, whose memory would have the reply", async () => {
  const seen = await follow({ process: "writer" });
  expect(seen).toEqual({ asked: 0, gone: 0, reads: 5 });
});

it("suspects a writer that is gone, once in a while", async () => {
  const followPeer = failing(new PeerGoneError("http://127.0.0.1:1"));
  expect(await follow({ followPeer })).toMatchObject({ asked: 1, gone: 1 });
});

it("reports any other failure", async () => {
  const followPeer = failing(new Error("EIO"));
  await expect(follow({ followPeer })).rejects.toThrow("EIO");
});
