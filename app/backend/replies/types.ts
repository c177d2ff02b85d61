import type { ReplyRef } from "../../core/storage/layout/record-folders";
import type {
  ModelEvent,
  ModelInfo,
  ModelMessage,
  ReplyOptions,
} from "../models/model";
import type { JsonObject } from "../../core/storage/json";
import type { Outcome, ReplyEvent, Usage } from "../../core/domain/records";

/** What a model is asked, made of the records whenever a process begins or goes on with a reply. */
export interface ReplyPrompt {
  /** The model's id: `eliza/eliza`. */
  model: string;
  /** What people call it. */
  modelName?: string;
  /** The last one is the prompt, or what is begun of the answer. */
  messages: ModelMessage[];
  /** How many tokens are to be written at most, after what is begun. */
  maxTokens?: number;
  temperature?: number;
  /** How often the same was asked before; never, where absent. */
  attempt?: number;
  /** How many messages of the history did not fit the model's window. */
  leftOut: number;
}

/** How a reply ended: what the message will say. */
export interface FinalReply {
  outcome: Outcome;
  text: string;
  reasoning?: string;
  /** Why it failed, in a sentence for the visitor. */
  reason?: string;
  usage?: Usage;
  model: string;
  /** What people called it then. */
  modelName?: string;
  leftOut: number;
  /** When it ended, ISO 8601, by the clock of whoever ended it. */
  at: string;
}

/** What replies need from the records; implemented by conversations. */
export interface ReplyRepository {
  /** Where the reply's log is: `…/conversations/<id>/replies/<number>`. */
  folder(ref: ReplyRef): string;
  /** @param begun The text that the reply goes on from; none by default. */
  promptFor(ref: ReplyRef, begun?: string): Promise<ReplyPrompt>;
  /** Makes the message of a reply that is complete or stopped. Called at least once; has effect once. */
  publishMessage(ref: ReplyRef, ended: FinalReply): Promise<void>;
}

/** What replies need from the models. */
export interface ReplyModels {
  /**
   * A model by its id (`eliza/eliza`).
   *
   * @returns `undefined` if it is not on offer (any more).
   */
  find(id: string, signal: AbortSignal): Promise<ModelInfo | undefined>;
  /**
   * Writes a reply, as `ModelProvider.streamReply` does.
   *
   * @param id The model's id.
   * @throws ModelError (out of the iteration), also if there is no such model, and when the model
   *   says nothing for too long.
   */
  streamReply(
    id: string,
    messages: ModelMessage[],
    options: Omit<ReplyOptions, "model">,
    signal: AbortSignal,
  ): AsyncIterable<ModelEvent>;
}

/** A reply as it is on disk and, if this process holds it, in memory. */
export interface ReplySnapshot {
  status: "writing" | "complete" | "stopped" | "failed";
  text: string;
  /** The offset in the reply's stream after everything that `text` contains. */
  offset: string;
  /** The number of the newest epoch, or of the end after it, if there is one. */
  epoch?: number;
  final?: FinalReply;
  /** With what the conversation went on after it failed: see {@link Replies.continueWith}. */
  nextPrompt?: JsonObject;
}

/** The replies of this backend process, and through the files and its peers, all others. */
export interface Replies {
  /**
   * Whether another reply may be begun for an owner: to be asked before its prompt is saved, within
   * {@link withReservation}, to the end of which it counts as one that is written here.
   *
   * @throws VisibleError (429) when the owner has too many in progress; (503) when this process has.
   */
  reserveSlot(ownerHash: string): Promise<void>;
  /** Runs what admits a reply and begins it; one at a time for each owner. */
  withReservation<T>(ownerHash: string, work: () => Promise<T>): Promise<T>;
  /**
   * Makes the reply's first epoch, and begins to write it in the background. Beginning twice is
   * beginning once. A process that drains leaves the writing to another.
   */
  start(ref: ReplyRef): Promise<void>;
  /** Whether this process writes it at the moment. */
  isWriting(ref: ReplyRef): boolean;
  /** `undefined` if there is no such reply. */
  snapshot(ref: ReplyRef): Promise<ReplySnapshot | undefined>;
  /**
   * The reply's events after an offset, live, from wherever it is being written; ends after the
   * `end` event, or when the signal aborts. `undefined` as offset means from the beginning.
   *
   * Text is told before it is on disk. Should its writer die then, the next epoch's `keep` says
   * what to drop: whoever applies the events in order ends with exactly the final text. An offset
   * of something that was dropped is answered with that epoch.
   *
   * @throws NotFoundError if there is no such reply; VisibleError (400) for a wrong offset.
   */
  watch(
    ref: ReplyRef,
    offset: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<{ event: ReplyEvent; offset: string }>;
  /**
   * Ends a reply in progress, wherever it is written. Does nothing to one that has ended.
   *
   * @throws NotFoundError if there is no such reply; VisibleError (503) if it could not be ended now.
   */
  stop(ref: ReplyRef): Promise<void>;
  /**
   * Tries a failed reply again; one that is being written is left alone.
   *
   * @throws VisibleError (409) if it has not failed, or the conversation has gone on since.
   */
  retry(ref: ReplyRef): Promise<void>;
  /**
   * Settles that after a reply that failed the conversation goes on, so that it can't be tried
   * again. Exactly one of all who try again and go on has its way.
   *
   * @param next The prompt that it goes on with: to be saved next, by this caller, or by whoever
   *   finds it in the snapshot.
   * @returns The prompt that it goes on with: this one, or one that was settled on before;
   *   `undefined` if the reply has not failed (any more).
   * @throws NotFoundError if there is no such reply.
   */
  continueWith(
    ref: ReplyRef,
    next: JsonObject,
  ): Promise<JsonObject | undefined>;
  /** Begins to look after replies whose writers died. */
  startSupervision(): void;
  /** Hands over what is being written here and stops looking after others. */
  drain(): Promise<void>;
}
