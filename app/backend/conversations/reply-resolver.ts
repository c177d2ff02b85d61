import { sentence } from "../../core/texts/catalogue";
import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { VisibleError } from "../../core/domain/errors";
import type { JsonObject } from "../../core/storage/json";
import type { Prompt, Reply, ReplyState } from "../../core/domain/records";
import { nextPromptNumber } from "../../core/domain/turns";
import type { ReplyService, ReplySnapshot } from "../replies/reply-service";
import { type Decision, isPromptAt, type Placement } from "./message-log";
import type { ConversationReplyRepository } from "./reply-repository";

/** The replies, as conversations need them. */
export type Replies = Pick<
  ReplyService,
  | "reserveSlot"
  | "releaseSlot"
  | "begin"
  | "start"
  | "isWriting"
  | "snapshot"
  | "stop"
  | "retry"
  | "continueWith"
  | "watchQueue"
  | "continueQueue"
>;

/** The state of the reply to a conversation's last prompt. */
export type Resolution =
  | { kind: "pending"; state: ReplyState }
  | { kind: "published"; message: Reply }
  /** The conversation has another last prompt by now. */
  | { kind: "outdated" };

/**
 * Brings the last reply of a conversation up to date: starts it if a process died between saving
 * the prompt and asking the model, and publishes it if it has ended.
 */
export class ReplyResolver {
  constructor(
    private readonly replies: Replies,
    private readonly repository: ConversationReplyRepository,
  ) {}

  /** @param model The conversation's. */
  async resolve(
    ref: ReplyRef,
    prompt: Prompt,
    model: string,
  ): Promise<Resolution> {
    const found = await this.snapshot(ref);
    const { final, nextPrompt } = found;
    if (final && found.status !== "failed") {
      await this.repository.publishMessage(ref, final);
      const message = await this.repository.messageOf(ref, final);
      return { kind: "published", message };
    }
    // An entry that only another version of the program can read leaves the reply failed.
    if (final && nextPrompt) {
      const hasMovedOn = await this.repository.moveOn(ref, final, nextPrompt);
      if (hasMovedOn) return { kind: "outdated" };
    }
    const writer = final?.model ?? model;
    const state: ReplyState = {
      number: ref.number,
      status: found.status === "failed" ? "failed" : "writing",
      model: writer,
      modelName: await this.repository.modelName(writer),
      at: final?.at ?? prompt.at,
      text: found.text,
      reasoning: final?.reasoning ?? found.reasoning,
      reasoningMs: final?.reasoningMs ?? found.reasoningMs,
      offset: found.offset,
      epoch: found.epoch,
      reason: final?.reason,
    };
    return { kind: "pending", state };
  }

  /**
   * Clears the way for the next prompt: publishes the reply if it is complete.
   *
   * @returns The decision to take if it failed, because another process may retry it now.
   * @throws StillWritingError
   */
  async finish(ref: ReplyRef): Promise<Placement["decide"]> {
    const { status, final } = await this.snapshot(ref);
    if (!final) throw new StillWritingError();
    if (status === "failed") return (entry) => this.decide(ref, entry);
    await this.repository.publishMessage(ref, final);
    return undefined;
  }

  /** @throws VisibleError (409) if it is being written, or failed. */
  async publish(ref: ReplyRef): Promise<void> {
    const { status, final } = await this.snapshot(ref);
    if (!final) throw new StillWritingError();
    if (status !== "failed") return this.repository.publishMessage(ref, final);
    throw new VisibleError(409, sentence("problem.useRetry"));
  }

  /**
   * Saves a failed reply as a message, for a conversation that has moved on to its next prompt.
   *
   * @returns The message; `undefined` if the reply has not failed.
   */
  async keepFailed(ref: ReplyRef): Promise<Reply | undefined> {
    const found = await this.replies.snapshot(ref);
    const final = found?.status === "failed" ? found.final : undefined;
    return final && this.repository.keepFailed(ref, final);
  }

  /**
   * Retries a reply that failed or was never started; does nothing to one that is being written.
   *
   * @throws VisibleError (409) if it did not fail; ConversationMovedOnError.
   */
  async retry(ref: ReplyRef): Promise<void> {
    const found = await this.replies.snapshot(ref);
    if (found) await this.replies.retry(ref);
    else await this.replies.start(ref);
  }

  private async decide(ref: ReplyRef, entry: JsonObject): Promise<Decision> {
    const next = await this.replies.continueWith(ref, entry);
    if (!next) return { winner: "none" };
    // An entry that this version can't read rules out a retry all the same.
    if (next === entry || !isNextPrompt(ref, next)) return { winner: "this" };
    return { winner: "other", entry: next };
  }

  private async snapshot(ref: ReplyRef): Promise<ReplySnapshot> {
    const found = await this.replies.snapshot(ref);
    if (found) return found;
    await this.replies.start(ref);
    const started = await this.replies.snapshot(ref);
    return started ?? { status: "writing", text: "", offset: "-1" };
  }
}

const isNextPrompt = (ref: ReplyRef, entry: JsonObject) =>
  isPromptAt(nextPromptNumber(ref.number), entry);

/** A prompt came while a reply is being written. */
export class StillWritingError extends VisibleError {
  override readonly name = "StillWritingError";
  constructor() {
    super(
      409,
      "The reply to your last message is still being written. Wait for it or stop it, then send again.",
    );
  }
}
