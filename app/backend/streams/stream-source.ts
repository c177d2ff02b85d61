import type { Offset } from "../replies/log/offset";

/** One message of a stream: what it is on the wire, and the place after it. */
export interface StreamMessage {
  /** JSON text where the stream's type is JSON, the bytes themselves otherwise. */
  data: Buffer;
  at: Offset;
}

/** What can be read of a stream at once. */
export interface StreamChunk {
  messages: StreamMessage[];
  /** After the messages, and after whatever else was skipped there. */
  next: Offset;
  /** Whether there is no more for now. */
  isUpToDate: boolean;
  /** Whether there will never be more. */
  isClosed: boolean;
}

/** What came at once, in order. */
export interface FollowedMessages {
  /** As in {@link StreamMessage}; none where the stream was closed by something that is no message. */
  data: Buffer[];
  /** After the last of them. */
  at: Offset;
  isClosed: boolean;
}

/** A log, as the Durable Streams protocol sees it. */
export interface StreamSource {
  contentType: string;
  /**
   * What is in the stream after a place, and stands for ever.
   *
   * @param options.ahead The reader reads ahead: see {@link follow}.
   * @returns `undefined` if there is no such stream.
   * @throws VisibleError (400) for a place that is none.
   */
  read(
    from: Offset,
    options?: { ahead: boolean },
  ): Promise<StreamChunk | undefined>;
  /**
   * What comes after a place, as it comes; ends when the stream is closed, or when aborted.
   *
   * @param ahead Whether also what doesn't stand for ever yet is wanted. Then several messages
   *   may have been joined to one that says the same.
   */
  follow(
    from: Offset,
    options: { ahead: boolean; signal: AbortSignal },
  ): AsyncGenerator<FollowedMessages, void>;
}
