import { createHash, randomBytes } from "node:crypto";
import { rename } from "node:fs/promises";
import path from "node:path";
import { VisibleError } from "../../../app/core/domain/errors";
import { nodeFileSystem } from "../../../app/core/storage/file-system";
import { ReplyLog } from "../../../app/backend/replies/log/reply-log";
import type { LogSource } from "../../../app/backend/replies/reading/follow-log";
import { EpochWriter } from "../../../app/backend/replies/writing/epoch-writer";
import type { EpochHeader } from "../../../app/backend/replies/log/records";
import type { PeerClient } from "../../../app/backend/replies/writing/peer-client";
import { formatOffset } from "../../../app/backend/replies/log/offset";
import type { ReplyRef } from "../../../app/core/storage/layout/record-folders";
import { createLogReader } from "../../../app/backend/streams/log-stream";
import type { Stream } from "../../../app/backend/streams/stream";
import { KeyedMutex } from "../../../app/core/storage/keyed-mutex";
import { replay, type Append, type Producer, type Written } from "./producers";

/** Another process owns the log, and gets the request. */
export class HeldElsewhere extends Error {
  constructor(readonly epoch: EpochHeader) {
    super(`held by ${epoch.holder}`);
  }
}

/** The response to an append. */
export interface Appended {
  status: number;
  headers: Record<string, string>;
}

/**
 * Streams that can be created and appended to, over the same logs that replies are written in.
 * For the conformance suite only: Keepsake itself has no such routes.
 */
export class LogStreams {
  readonly process = randomBytes(9).toString("base64url");
  private readonly heldEpochs = new Map<string, EpochWriter>();
  private readonly mutex = new KeyedMutex();

  constructor(
    private readonly options: {
      directory: string;
      address: string;
      peers: PeerClient;
      leaseMs: number;
    },
  ) {}

  async source(name: string): Promise<Stream> {
    const { contentType } = await this.written(name);
    const reader = createLogReader({
      source: this.followed(name),
      toData: ({ data }) =>
        typeof data === "string" ? Buffer.from(data, "base64") : undefined,
    });
    return { contentType, committed: reader, live: reader };
  }

  /** @throws VisibleError (409) if there is one of the same name that isn't the same. */
  async create(
    name: string,
    contentType: string,
    first: Append,
  ): Promise<Appended> {
    using _ = await this.mutex.lock(name);
    const held = await this.open(name, 0);
    if (!held) return await this.recreate(name, contentType, first);
    held.append({ contentType });
    if (first.data) held.append({ data: first.data.toString("base64") });
    await held.flush();
    if (first.closes) await close(held);
    return this.answer(name, 201, await this.written(name));
  }

  async append(name: string, append: Append): Promise<Appended> {
    using _ = await this.mutex.lock(name);
    const held = await this.hold(name);
    const written = await this.written(name);
    const verdict = written.check(append);
    if (verdict)
      return this.answer(name, verdict.status, written, verdict.headers);
    if (!held) throw new Error("an open log that nobody can append to");
    const { data, producer, sequence, closes } = append;
    if (data) {
      held.append({ data: data.toString("base64"), producer, sequence });
      await held.flush();
    }
    if (closes) await close(held, producer);
    if (held.closedBy === "superseded") return await this.append(name, append);
    const status = producer && data ? 200 : 204;
    return this.answer(name, status, await this.written(name), {
      ...(producer && {
        "producer-epoch": String(producer.epoch),
        "producer-seq": String(producer.sequence),
      }),
    });
  }

  async delete(name: string): Promise<void> {
    using _ = await this.mutex.lock(name);
    const held = await this.hold(name);
    await held?.close();
    this.heldEpochs.delete(name);
    const { folder } = this.logOf(name);
    await rename(folder, `${folder}.${randomBytes(6).toString("hex")}.deleted`);
  }

  epochOf(ref: ReplyRef): EpochWriter | undefined {
    return this.heldOf(ref.ownerHash);
  }

  stopHere(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** @throws VisibleError (404) */
  async written(name: string): Promise<Written> {
    const reading = await this.logOf(name).read();
    if (!reading) throw new VisibleError(404, "There is no such stream.");
    return replay(reading);
  }

  private async recreate(
    name: string,
    contentType: string,
    first: Append,
  ): Promise<Appended> {
    const written = await this.written(name);
    const isSame =
      written.contentType.toLowerCase() === contentType.toLowerCase() &&
      written.isClosed === first.closes;
    if (!isSame) throw new VisibleError(409, "There is another such stream.");
    return this.answer(name, 200, written);
  }

  private answer(
    name: string,
    status: number,
    written: Written,
    headers: Record<string, string> = {},
  ): Appended {
    return {
      status,
      headers: {
        "content-type": written.contentType,
        "stream-next-offset": formatOffset(written.tail),
        ...(written.isClosed && { "stream-closed": "true" }),
        ...(status === 201 && { location: `${this.options.address}${name}` }),
        ...headers,
      },
    };
  }

  /** @throws HeldElsewhere if its owner lives. */
  private async hold(name: string): Promise<EpochWriter | undefined> {
    const held = this.heldOf(name);
    if (held) return held;
    const reading = await this.logOf(name).read();
    if (!reading) throw new VisibleError(404, "There is no such stream.");
    const { currentHeader: newest, latestEntry: last } = reading;
    if (newest.kind === "end") return undefined;
    const isGone = await this.options.peers
      .isWriting(newest, refOf(name))
      .then((holds) => holds === false);
    if (!isGone) throw new HeldElsewhere(newest);
    return (await this.open(name, last)) ?? (await this.hold(name));
  }

  private async open(
    name: string,
    last: number,
  ): Promise<EpochWriter | undefined> {
    const log = this.logOf(name);
    const { address } = this.options;
    const entry = await log.open(last + 1, () => ({
      holder: address,
      process: this.process,
      keep: 0,
    }));
    if (!entry) return undefined;
    const held = new EpochWriter(log, entry);
    this.heldEpochs.set(name, held);
    return held;
  }

  private followed(name: string): LogSource {
    const { peers, leaseMs } = this.options;
    return {
      read: (from) => this.logOf(name).read(from),
      process: this.process,
      pollMs: 50,
      avoidMs: leaseMs,
      isExpected: () => Promise.resolve(false),
      expectMs: 0,
      localEpoch: () => this.heldOf(name),
      followLocal: (epoch, from, signal) => epoch.followCommitted(from, signal),
      followPeer: (epoch, from, signal) =>
        peers.followCommitted(epoch, refOf(name), from, signal),
      onPeerGone: () => undefined,
      onHandover: () => Promise.resolve(),
      onEnd: () => Promise.resolve(),
    };
  }

  private heldOf(name: string): EpochWriter | undefined {
    const held = this.heldEpochs.get(name);
    return held?.closedBy ? undefined : held;
  }

  private logOf(name: string): ReplyLog {
    const folder = path.join(this.options.directory, hash(name));
    return new ReplyLog(nodeFileSystem, folder);
  }
}

async function close(held: EpochWriter, producer?: Producer): Promise<void> {
  await held.seal({ outcome: "complete", producer });
  await held.close();
}

const hash = (name: string) => createHash("sha256").update(name).digest("hex");

/** Peers identify a reply by three fields; here the first is enough. */
const refOf = (name: string): ReplyRef => ({
  ownerHash: encodeURIComponent(name),
  conversation: "stream",
  number: 2,
});
