import type { ReplyRef } from "../../../app/core/storage/layout/record-folders";
import type { ModelMessage } from "../../../app/backend/models/model";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  formatOffset,
  logStart,
  parseOffset,
  type Offset,
} from "../../../app/backend/replies/log/offset";
import { isFinalEnd } from "../../../app/backend/replies/log/records";
import { toEvent } from "../../../app/backend/replies/log/replay";
import { currentEnd } from "../../../app/backend/replies/log/reply-log";
import { followLog } from "../../../app/backend/replies/reading/follow-log";
import { createReplyContext } from "../../../app/backend/replies/reply-context";
import { ReplyService } from "../../../app/backend/replies/reply-service";
import type { PeerClient } from "../../../app/backend/replies/writing/peer-client";
import type {
  FinalReply,
  ReplyRepository,
} from "../../../app/backend/replies/types";
import {
  nodeFileSystem,
  type FileSystem,
} from "../../../app/core/storage/file-system";
import { createLog } from "../../../app/core/runtime/log";
import type { Registry } from "../../../app/core/runtime/metrics";
import type { ReplyEvent } from "../../../app/core/domain/records";
import { removeFolder } from "../../support/temporary-folder";
import type { ReplyModels } from "./scripted-models";

export const ref: ReplyRef = {
  ownerHash: "a".repeat(64),
  conversation: "b".repeat(26),
  number: 2,
};

/**
 * Unreachable peers, so that everything goes through the files. Cannot notice a wrong answer of a peer:
 * `peers.test.ts` has real ones.
 */
export const unreachable: PeerClient = {
  async *followLive() {},
  async *followCommitted() {},
  stop: () => Promise.resolve(false),
  isWriting: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
};

/**
 * Records in memory. Publishing is idempotent, so the same reply again changes nothing; a reply that
 * differs from the published one is kept beside it, where tests that expect one message find it.
 */
export class MemoryRecords implements ReplyRepository {
  readonly messages: FinalReply[] = [];
  private readonly published = new Set<string>();
  prompt: ModelMessage[] = [{ role: "user", text: "Hello" }];
  constructor(private readonly directory: string) {}

  folder({ ownerHash, conversation, number }: ReplyRef): string {
    return path.join(this.directory, ownerHash, conversation, String(number));
  }

  conversationFolder = () => this.directory;
  isExpected = () => Promise.resolve(false);

  promptFor(_ref: ReplyRef, begun = "") {
    const answer: ModelMessage[] =
      begun === "" ? [] : [{ role: "assistant", text: begun }];
    return Promise.resolve({
      model: "scripted/one",
      messages: [...this.prompt, ...answer],
      leftOut: 0,
    });
  }

  publishMessage({ number }: ReplyRef, ended: FinalReply): Promise<void> {
    const published = JSON.stringify({ number, ...ended });
    if (!this.published.has(published)) this.messages.push(ended);
    this.published.add(published);
    return Promise.resolve();
  }

  hasQueue = () => Promise.resolve(false);
  isContinued = () => Promise.resolve(false);
  sendQueued = () => Promise.resolve(undefined);
  moveOn = () => Promise.resolve(false);
}

/** A directory with records, and backend processes (in this one) that share it. */
export class Directory {
  private readonly processes: ReplyService[] = [];
  readonly records: MemoryRecords;
  private constructor(readonly folder: string) {
    this.records = new MemoryRecords(folder);
  }

  static async make(): Promise<Directory> {
    return new Directory(await mkdtemp(path.join(tmpdir(), "replies-")));
  }

  process(
    models: ReplyModels,
    given: {
      fileSystem?: FileSystem;
      peers?: PeerClient;
      leaseMs?: number;
      flushMs?: number;
      maxLength?: number;
      perOwner?: number;
      address?: string;
      now?: () => number;
      metrics?: Registry;
    } = {},
  ): ReplyService {
    const context = createReplyContext({
      repository: this.records,
      models,
      fileSystem: nodeFileSystem,
      indexFolder: path.join(this.folder, "in-progress"),
      peers: unreachable,
      address: "http://127.0.0.1:1",
      log: createLog("silent", {}),
      leaseMs: 400,
      flushMs: 5,
      perOwner: 3,
      perProcess: 100,
      ...given,
    });
    const replies = new ReplyService(context);
    this.processes.push(replies);
    return replies;
  }

  async remove(): Promise<void> {
    await Promise.all(this.processes.map((replies) => replies.drain()));
    await removeFolder(this.folder);
  }
}

/** The directory of the running test, in files that call {@link useDirectory}. */
export let directory: Directory;

/** Creates a directory for each test of the file. */
export function useDirectory(): void {
  beforeEach(async () => {
    directory = await Directory.make();
  });
  afterEach(() => directory.remove());
}

/** Collects the events of the reply that {@link ref} names, from its beginning to its end. */
export const watchToEnd = (
  replies: ReplyService,
  onEvent?: (event: ReplyEvent) => void,
) => collectEvents(watch(replies, ref), onEvent);

/** The live events of a reply after an offset, to its end or an abort. */
export async function* watch(
  replies: ReplyService,
  reply: ReplyRef,
  offset?: string,
  signal = neverAborts,
): AsyncGenerator<{ event: ReplyEvent; offset: string }, void> {
  const source = replies.live(reply);
  const from = offset === undefined ? logStart : parseOffset(offset);
  const isOver = async (after: Offset) => {
    const snapshot = await source.read(after);
    return snapshot?.records.length === 0 && currentEnd(snapshot);
  };
  if (await isOver(from)) return;
  for await (const records of followLog(source, from, signal)) {
    for (const { line, offset: at } of records) {
      const event = toEvent(line);
      if (event) yield { event, offset: formatOffset(at) };
      if (line["kind"] !== "end") continue;
      // A failed reply may have been retried.
      if (isFinalEnd(line) || (await isOver(at))) return;
    }
  }
}

/** Applies the events in order, as a client does. */
export async function collectEvents(
  events: AsyncIterable<{ event: ReplyEvent; offset: string }>,
  onEvent: (event: ReplyEvent) => void = () => undefined,
): Promise<{ text: string; events: ReplyEvent[]; offsets: string[] }> {
  const all: ReplyEvent[] = [];
  const offsets: string[] = [];
  let text = "";
  for await (const { event, offset } of events) {
    all.push(event);
    offsets.push(offset);
    text = apply(text, event);
    onEvent(event);
  }
  return { text, events: all, offsets };
}

export function apply(text: string, event: ReplyEvent): string {
  if (event.kind === "epoch") return text.slice(0, event.keep);
  if (event.kind === "text") return text + event.text;
  return event.kind === "end" ? event.text : text;
}

export const neverAborts = new AbortController().signal;
