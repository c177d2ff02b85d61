import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Logger } from "../../core/runtime/log";
import { Registry } from "../../core/runtime/metrics";
import {
  type Interval,
  UpdateInterval,
} from "../../core/runtime/update-interval";
import type { FileSystem } from "../../core/storage/file-system";
import { ActiveReplyIndex } from "../../core/storage/layout/active-reply-index";
import { HeartbeatDirectory } from "../../core/storage/layout/heartbeats";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import type { Models } from "../models/create-models";
import { ReplyLog } from "./log/reply-log";
import { createReplyMetrics } from "./metrics";
import type { ReplyRepository } from "./types";
import type { PeerClient } from "./writing/peer-client";

/** Balances how much is written again after a crash against the number of flushes. */
const FLUSH_MS = 200;
/** The rarest flushes come at three times the interval: in a long reply, and under full load. */
const MOST = 3;
/** A longer interval of updates makes flushes rarer in proportion. */
const USUAL_UPDATE_MS = 40;

/**
 * Some times more than models write at most. An endless reply would fill the memory of one process
 * after the other.
 */
const MAX_LENGTH = 2_000_000;

/** Conversations whose folder of replies is known to be on disk. */
const FOLDERS = 10_000;

/** Collaborators and settings that all parts of the replies share. */
export type ReplyContext = ReturnType<typeof createReplyContext>;

export function createReplyContext({
  fileSystem,
  indexFolder,
  log,
  flushMs = FLUSH_MS,
  interval = new UpdateInterval(),
  maxLength = MAX_LENGTH,
  metrics = new Registry(),
  now = () => performance.now(),
  ...options
}: {
  repository: ReplyRepository;
  models: Pick<Models, "find" | "streamReply">;
  /** The other backends. */
  peers: PeerClient;
  fileSystem: FileSystem;
  /** Holds the active reply index and the heartbeats. */
  indexFolder: string;
  /** URL at which other backends reach this process. */
  address: string;
  log: Logger;
  /** Another process takes over a reply whose log has not grown for so long. */
  leaseMs: number;
  /** Unfinished replies that a visitor may have, in all processes. */
  perOwner: number;
  /** Replies that this process writes at once. */
  perProcess: number;
  /** Between the first flushes of a reply, at rest. */
  flushMs?: number;
  /** Between two pieces of a reply's text. */
  interval?: Interval;
  /** UTF-16 units of text and reasoning at which a reply is cut off. */
  maxLength?: number;
  /** Without it nothing is counted. */
  metrics?: Registry;
  /** Milliseconds of a monotonic clock. */
  now?: () => number;
}) {
  const { repository } = options;
  const known = new LRUCache<string, true>({ max: FOLDERS });
  const onDisk = {
    has: (folder: string) => known.has(folder),
    add: (folder: string) => known.set(folder, true),
  };
  return {
    ...options,
    /**
     * The time from one flush to the next.
     *
     * @param age The time for which the epoch is written: a crash takes back at most as much.
     */
    flushPauseMs: (age: number) => {
      const busy = flushMs * (interval.ms / USUAL_UPDATE_MS);
      return Math.min(Math.max(flushMs, busy, age), MOST * flushMs);
    },
    maxLength,
    now,
    /** Not `log`: in this folder that is the log of a reply. */
    logger: log,
    metrics: createReplyMetrics(metrics),
    /** Tells this process from another one at the same address. */
    process: randomBytes(9).toString("base64url"),
    index: new ActiveReplyIndex(fileSystem, indexFolder),
    heartbeats: new HeartbeatDirectory(fileSystem, indexFolder),
    logOf: (ref: ReplyRef) =>
      new ReplyLog(fileSystem, repository.folder(ref), {
        onDisk,
        within: repository.conversationFolder(ref),
      }),
  };
}
