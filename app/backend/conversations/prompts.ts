import type {
  RecordFolders,
  ReplyRef,
} from "../../core/storage/layout/record-folders";
import {
  ConversationMovedOnError,
  NotFoundError,
} from "../../core/domain/errors";
import type { StorageContext } from "../../core/storage/storage-context";
import { isPrompt, type Prompt } from "../../core/domain/records";
import { firstVersion, isPromptNumber } from "../../core/domain/turns";
import type { OwnerIndex } from "../owner-index/owner-index";
import type { Replies } from "../replies/reply-service";
import type { ConversationSettings } from "./conversation-settings";
import {
  type MessageLog,
  messageLogOf,
  type NewPrompt,
  type Placement,
  replyTo,
} from "./message-log";
import { refuseTooLong } from "./refuse-too-long";
import type { ReplyResolver } from "./reply-resolver";
import { olderVersion, refuseIfNotLast } from "./versions";

export interface PromptServiceDeps {
  files: StorageContext;
  folders: RecordFolders;
  ownerIndex: OwnerIndex;
  settings: ConversationSettings;
  replies: Replies;
  replyResolver: ReplyResolver;
  now: () => Date;
}

/**
 * The turns of conversations: prompts are saved, now and then in the place of another, and the
 * reply to each is begun, tried again or ended.
 */
export class PromptService {
  constructor(private readonly parts: PromptServiceDeps) {}

  /**
   * Saves the first prompt of a conversation, and begins the reply. With a key, whoever comes again
   * finds what was saved.
   *
   * @param makeRest Makes what else there is of the conversation; it is given the time, and the
   *   prompt that is being saved meanwhile.
   */
  begin<Rest>(
    ownerHash: string,
    id: string,
    { text, key }: { text: string; key?: string },
    makeRest: (at: string, prompt: Promise<Prompt>) => Promise<Rest>,
  ): Promise<{ message: Prompt; rest: Rest }> {
    return this.inTurn(ownerHash, async () => {
      const log = this.logOf(ownerHash, id);
      const before = key === undefined ? undefined : await log.list();
      if (!before || before.last === 0) {
        await this.parts.replies.reserveSlot(ownerHash);
      }
      const at = this.parts.now().toISOString();
      const saved = addFirst(log, { text, at, key });
      const rest = await makeRest(at, saved);
      const message = await saved;
      await this.parts.replies.start(replyTo(ownerHash, id, message.number));
      return { message, rest };
    });
  }

  /**
   * Saves a prompt, and begins the reply. With a key, whoever comes again finds what was saved.
   *
   * @param follows The reply that it goes on from. Any version of the last turn can be; what the
   *   conversation has gone on from already is passed over, and the newest reply is followed.
   * @param insteadOf The last prompt, if this takes its place.
   * @throws VisibleError (409) while a reply is being written, or if it should take the place of
   *   another prompt than the last.
   */
  async send(
    ownerHash: string,
    id: string,
    given: { text: string; follows?: number; insteadOf?: number },
    key?: string,
  ): Promise<Prompt> {
    const { text, follows, insteadOf: number } = given;
    refuseTooLong(text);
    await this.parts.settings.read(ownerHash, id);
    const log = this.logOf(ownerHash, id);
    const old =
      number === undefined ? undefined : await readPrompt(log, number);
    const insteadOf = old && firstVersion(old);
    return this.ask(ownerHash, id, { text, insteadOf, key }, async (last) => {
      if (old) refuseIfNotLast(old, last);
      const settle = await this.admit(ownerHash, id, last);
      if (old) return { follows: old.follows, settle };
      return { follows: await olderVersion(log, last, follows), settle };
    });
  }

  /**
   * Asks the last prompt again: the reply that it has stays, beside the one that begins. With a
   * key, whoever comes again finds what was saved.
   *
   * @param number The last reply's.
   * @throws VisibleError (409) if it isn't the last, is being written, or failed; NotFoundError if
   *   there can be no such reply.
   */
  async regenerate(
    ownerHash: string,
    id: string,
    number: number,
    key?: string,
  ): Promise<Prompt> {
    const [prompt] = await Promise.all([
      readPrompt(this.logOf(ownerHash, id), number - 1),
      this.parts.settings.read(ownerHash, id),
    ]);
    const again = { text: prompt.text, insteadOf: firstVersion(prompt), key };
    return this.ask(ownerHash, id, again, async (last) => {
      refuseIfNotLast(prompt, last);
      const ref = { ownerHash, conversation: id, number };
      if (last !== number) await this.parts.replyResolver.requireMessage(ref);
      await this.parts.replies.reserveSlot(ownerHash);
      return { follows: prompt.follows };
    });
  }

  /**
   * Tries the last reply again, if it failed. One that is being written is left alone.
   *
   * @throws VisibleError (409) if it has not failed, or the conversation has gone on since;
   *   NotFoundError if there can be no such reply.
   */
  async retry(ownerHash: string, id: string, number: number): Promise<void> {
    const { ref, last } = await this.findReply(ownerHash, id, number);
    if (last > number) throw new ConversationMovedOnError();
    const { replyResolver } = this.parts;
    await this.inTurn(ownerHash, () => replyResolver.retry(ref));
  }

  /**
   * Ends the reply to the last prompt, if that is no message yet.
   *
   * @throws NotFoundError if nobody has begun it.
   */
  async stop(ownerHash: string, id: string): Promise<void> {
    const last = (await this.logOf(ownerHash, id).list())?.last ?? 0;
    if (!isPromptNumber(last)) return;
    await this.parts.replies.stop(replyTo(ownerHash, id, last));
  }

  /** @throws NotFoundError if there can be no such reply of this owner. */
  async replyRef(
    ownerHash: string,
    id: string,
    number: number,
  ): Promise<ReplyRef> {
    const ref = { ownerHash, conversation: id, number };
    // Who deletes a conversation ends its reply: of one that is being written there is no doubt.
    if (this.parts.replies.isWriting(ref)) return ref;
    return (await this.findReply(ownerHash, id, number)).ref;
  }

  private async findReply(
    ownerHash: string,
    id: string,
    number: number,
  ): Promise<{ ref: ReplyRef; last: number }> {
    const [listing] = await Promise.all([
      this.logOf(ownerHash, id).list(),
      this.parts.settings.read(ownerHash, id),
    ]);
    if (isPromptNumber(number) || !listing?.has(number - 1)) {
      throw new NotFoundError("reply");
    }
    const ref = { ownerHash, conversation: id, number };
    return { ref, last: listing.last };
  }

  /** Saves a prompt where it may be, and begins the reply. */
  private ask(
    ownerHash: string,
    id: string,
    prompt: Omit<NewPrompt, "at" | "follows">,
    find: (last: number) => Promise<Placement>,
  ): Promise<Prompt> {
    return this.inTurn(ownerHash, async () => {
      const at = this.parts.now().toISOString();
      const log = this.logOf(ownerHash, id);
      let failed: ReplyRef | undefined;
      const message = await log.addPrompt({ ...prompt, at }, async (last) => {
        const place = await find(last);
        failed = place.settle && replyTo(ownerHash, id, last);
        return place;
      });
      // After the prompt: until then, the failed reply is the last message and can be retried.
      if (failed) await this.parts.replyResolver.keepFailed(failed);
      await Promise.all([
        this.parts.ownerIndex.append(ownerHash, { kind: "prompt", id, at }),
        this.parts.replies.start(replyTo(ownerHash, id, message.number)),
      ]);
      return message;
    });
  }

  /**
   * Of an owner's prompts that come at the same time each is admitted after the reply to the one
   * before was begun, and so counted. On another process one may slip through.
   */
  private inTurn<T>(ownerHash: string, work: () => Promise<T>): Promise<T> {
    const { files, replies } = this.parts;
    return files.mutex.run(`${ownerHash}#reply`, () =>
      replies.withReservation(ownerHash, work),
    );
  }

  /** Asked before a prompt is saved: what was typed must be lost neither here nor there. */
  private async admit(
    ownerHash: string,
    id: string,
    last: number,
  ): Promise<Placement["settle"]> {
    const { replies, replyResolver } = this.parts;
    const settle = isPromptNumber(last)
      ? await replyResolver.refuseWhileWriting(replyTo(ownerHash, id, last))
      : undefined;
    await replies.reserveSlot(ownerHash);
    return settle;
  }

  private logOf(ownerHash: string, id: string): MessageLog {
    return messageLogOf(this.parts, ownerHash, id);
  }
}

async function addFirst(log: MessageLog, prompt: NewPrompt): Promise<Prompt> {
  await log.make();
  return log.addPrompt(prompt, () => Promise.resolve({}));
}

async function readPrompt(log: MessageLog, number: number): Promise<Prompt> {
  const listing = await log.list();
  const prompt = listing?.has(number) && (await log.read(number, listing));
  if (prompt && isPrompt(prompt)) return prompt;
  throw new NotFoundError("reply");
}
