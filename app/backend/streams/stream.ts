import type { Offset } from "../replies/log/offset";

export interface StreamMessage {
  /** JSON text in a stream of JSON, otherwise the bytes themselves. */
  data: Buffer;
  /** After the message. */
  offset: Offset;
}

/** A part of a stream. */
export interface StreamChunk {
  messages: StreamMessage[];
  /** After the messages, and after skipped records that are no messages. */
  next: Offset;
  /** True if there is no more for now. */
  isUpToDate: boolean;
  /** True if there will never be more. */
  isClosed: boolean;
}

export interface StreamReader {
  /**
   * @returns `undefined` if there is no such stream.
   * @throws VisibleError (400) for an offset that is not in it.
   */
  read(from: Offset): Promise<StreamChunk | undefined>;
  /** Chunks after an offset as they come, until the stream is closed or the signal aborts. */
  follow(from: Offset, signal: AbortSignal): AsyncGenerator<StreamChunk, void>;
}

/** A log as the Durable Streams protocol sees it. */
export interface Stream {
  contentType: string;
  /** Messages that never change, as the protocol demands. */
  committed: StreamReader;
  /** Also messages that may be dropped later. Several can be joined to an equivalent one. */
  live: StreamReader;
}
