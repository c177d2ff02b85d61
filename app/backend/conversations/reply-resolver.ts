import type { ReplyRef } from "../../core/storage/layout/record-folders";
import { VisibleError } from "../../core/domain/errors";
import type { JsonObject } from "../../core/storage/json";
import type { Prompt, Reply, ReplyState } from "../../core/domain/records";
import type { Replies, ReplySnapshot } from "../replies/reply-service";
import { isPromptAt, type Placement } from "./message-log";
import type { ConversationReplyRepository } from "./reply-repository";

/** What a page shows after its last prompt: a reply in progress, or one that became a message now. */
export interface ReplyAfter {
  state?: ReplyState;
  message?: Reply;
  /** The conversation has gone on: there is another last prompt by now. */
  isPast?: boolean;
}

/** The replies of conversations, as far as pages and prompts must know of them. */
export class ReplyResolver {
  constructor(
    private readonly replies: Replies,
    private readonly records: ConversationReplyRepository,
  ) {}

  /**
   * What follows a prompt. A reply that nobody began (a process died between saving the prompt
   * and asking the model) is begun.
   *
   * @param model The conversation's.
   */
  async after(
    ref: ReplyRef,
    prompt: Prompt,
    model: string,
  ): Promise<ReplyAfter> {
    const found = await this.find(ref);
    const { final } = found;
    if (final && found.status !== "failed") {
      await this.records.publishMessage(ref, final);
      return { message: await this.records.messageOf(ref, final) };
    }
    // What only another version of the program can read stays as it is: a reply that failed.
    if (found.nextPrompt && isPromptAt(ref.number + 1, found.nextPrompt)) {
      await this.records.saveSuccessor(ref, found.nextPrompt);
      return { isPast: true };
    }
    return {
      state: {
        number: ref.number,
        status: found.status === "failed" ? "failed" : "writing",
        model: final?.model ?? model,
        modelName: await this.records.modelName(final?.model ?? model),
        at: final?.at ?? prompt.at,
        text: found.text,
        offset: found.offset,
        epoch: found.epoch,
        reason: final?.reason,
      },
    };
  }

  /**
   * Asked before a prompt is saved that follows another. A reply that nobody has begun (yet) is
   * begun: who saved that prompt may be about to, on any process, or have died.
   *
   * @returns How to settle that this prompt is the next, if the reply failed: somebody may try it
   *   again at this moment.
   * @throws VisibleError (409) while the reply to that is being written.
   */
  async refuseWhileWriting(ref: ReplyRef): Promise<Placement["settle"]> {
    const { status, final } = await this.find(ref);
    if (!final) throw stillWriting();
    if (status === "failed") return (entry) => this.settle(ref, entry);
    await this.records.publishMessage(ref, final);
    return undefined;
  }

  /**
   * Asked before a reply that is no message (yet) is asked for once more.
   *
   * @throws VisibleError (409) if it is being written, or failed.
   */
  async requireMessage(ref: ReplyRef): Promise<void> {
    const found = await this.find(ref);
    if (!found.final) throw stillWriting();
    if (found.status !== "failed") {
      return this.records.publishMessage(ref, found.final);
    }
    throw new VisibleError(
      409,
      "This reply failed, so there is nothing to keep beside another: Retry asks again.",
    );
  }

  /**
   * Saves a failed reply as a message, for a conversation that has moved on to its next prompt.
   *
   * @returns The message; `undefined` if the reply has not failed.
   */
  async keepFailed(ref: ReplyRef): Promise<Reply | undefined> {
    const found = await this.replies.snapshot(ref);
    const final = found?.status === "failed" ? found.final : undefined;
    return final && this.records.keepFailed(ref, final);
  }

  /**
   * Tries a reply again that failed or was never begun; one that is being written is left alone.
   *
   * @throws VisibleError (409) if it has not failed, or the conversation has gone on since.
   */
  async retry(ref: ReplyRef): Promise<void> {
    const found = await this.replies.snapshot(ref);
    if (found) await this.replies.retry(ref);
    else await this.replies.start(ref);
  }

  private async settle(
    ref: ReplyRef,
    entry: JsonObject,
  ): Promise<JsonObject | undefined> {
    const next = await this.replies.continueWith(ref, entry);
    // What can't be read rules out another try all the same.
    return next && !isPromptAt(ref.number + 1, next) ? entry : next;
  }

  private async find(ref: ReplyRef): Promise<ReplySnapshot> {
    const found = await this.replies.snapshot(ref);
    if (found) return found;
    await this.replies.start(ref);
    const begun = await this.replies.snapshot(ref);
    return begun ?? { status: "writing", text: "", offset: "-1" };
  }
}

const stillWriting = () =>
  new VisibleError(
    409,
    "The reply to your last message is still being written. Wait for its end, or stop it, and send again.",
  );
