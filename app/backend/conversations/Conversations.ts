import type { StoredConversation } from "../../shared/disk/activityEntries";
import type { RecordFolders, ReplyRef } from "../../shared/disk/recordFolders";
import { NotFoundError, VisibleError } from "../../shared/errors";
import type { Files } from "../../shared/files/Files";
import {
  type Conversation,
  type ConversationPage,
  limits,
  type Message,
} from "../../shared/records";
import { firstVersion, turnOf, versionOf } from "../../shared/turns";
import type { Activity } from "../activity/Activity";
import { listed, toConversation } from "../activity/toConversation";
import { derivedId, newId } from "../ids";
import {
  checkReplyOptions,
  type ChosenOptions,
} from "../models/checkReplyOptions";
import type { Models } from "../models/createModels";
import type { Projects } from "../projects/Projects";
import { hasGoneOn } from "../replies/AfterFailure";
import type { Replies } from "../replies/Replies";
import type {
  ConversationSettings,
  SettingsChanges,
} from "./ConversationSettings";
import { MessageLog, type NewPrompt, type PromptPlace } from "./MessageLog";
import type { ReplyAfter, ReplyStates } from "./ReplyStates";
import { titleOf } from "./title";

export interface ConversationsParts {
  files: Files;
  folders: RecordFolders;
  activity: Activity;
  settings: ConversationSettings;
  projects: Projects;
  models: Models;
  replies: Replies;
  replyStates: ReplyStates;
  now: () => Date;
}

/** The conversations of all owners. An owner's is found through their own folder alone. */
export class Conversations {
  constructor(private readonly parts: ConversationsParts) {}

  /** The conversations that are not deleted, the last used first. */
  async list(
    ownerHash: string,
    { limit, cursor }: { limit: number; cursor?: string },
  ): Promise<{ conversations: Conversation[]; next: string | null }> {
    const state = await this.parts.activity.read(ownerHash);
    const below = cursor === undefined ? Infinity : Number(cursor);
    const found = state.listed().filter(({ order }) => order < below);
    const page = found.slice(0, limit);
    return {
      conversations: page.map((one) => listed(state, one)),
      next: found.length > limit ? String(page.at(-1)?.order) : null,
    };
  }

  /**
   * Makes a conversation of its first message, and begins the reply. With a key, whoever comes
   * again finds the conversation that was made, and what was missing of it is done.
   *
   * It is listed when all of it is on disk: what is cut before that is seen by nobody.
   */
  async create(
    ownerHash: string,
    given: { text: string; model?: string; project?: string },
    key?: string,
  ): Promise<{ conversation: Conversation; message: Message }> {
    refuseTooLong(given.text);
    await this.refuseUnknown(ownerHash, given);
    return this.inTurn(ownerHash, () => this.make(ownerHash, given, key));
  }

  private async make(
    ownerHash: string,
    given: { text: string; model?: string; project?: string },
    key?: string,
  ): Promise<{ conversation: Conversation; message: Message }> {
    const id = key ? derivedId("conversation", ownerHash, key) : newId();
    const before = key && (await this.logOf(ownerHash, id).list());
    if (!before || before.last === 0) await this.parts.replies.admit(ownerHash);
    const model = given.model ?? (await this.standardModel());
    const at = this.parts.now().toISOString();
    const saved = this.makeMessages(ownerHash, id, {
      text: given.text,
      at,
      key,
    });
    const settings = await this.parts.settings.make(
      ownerHash,
      {
        id,
        title: titleOf(given.text),
        model,
        project: given.project ?? null,
        maxTokens: null,
        temperature: null,
        createdAt: at,
        deletedAt: null,
      },
      saved,
    );
    const message = await saved;
    await this.parts.replies.begin(refTo(ownerHash, id, message));
    return { conversation: toConversation(settings, message.at), message };
  }

  /**
   * A conversation, its last messages, and the reply in progress.
   *
   * @param known The caller has all messages up to this number; they are left out.
   * @throws NotFoundError if it isn't there, is deleted, or is another's.
   */
  async readPage(
    ownerHash: string,
    id: string,
    page: { limit: number; before?: number; known?: number },
  ): Promise<ConversationPage> {
    const log = this.logOf(ownerHash, id);
    const looked = log.list();
    const isWhole = looked.then(
      (found) => found !== undefined && found.last > 0,
    );
    const settings = await this.parts.settings.readForPage(
      ownerHash,
      id,
      isWhole,
    );
    const listing = await looked;
    if (!listing) throw new NotFoundError("conversation");
    const { limit, before, known = 0 } = page;
    const [shown, [last]] = await Promise.all([
      log.readLast(limit, listing, before),
      log.readLast(1, listing),
    ]);
    const after: ReplyAfter =
      last?.role === "user"
        ? await this.parts.replyStates.after(
            refTo(ownerHash, id, last),
            last,
            settings.model,
          )
        : {};
    if (after.isPast) return this.readPage(ownerHash, id, page);
    const messages =
      after.message && before === undefined
        ? [...shown, after.message].slice(-limit)
        : shown;
    const living = await this.withLivingProject(ownerHash, settings);
    return {
      conversation: toConversation(living, (after.message ?? last)?.at),
      messages: messages.filter(({ number }) => number > known),
      hasOlder: (messages[0]?.number ?? 1) > 1,
      reply: (before === undefined ? after.state : undefined) ?? null,
    };
  }

  /** Changes what is named in `changes`, and nothing else. */
  async change(
    ownerHash: string,
    id: string,
    changes: SettingsChanges,
  ): Promise<Conversation> {
    const { model } = await this.parts.settings.read(ownerHash, id);
    await this.refuseUnknown(ownerHash, changes);
    await this.refuseImpossible(changes.model ?? model, changes);
    const { title } = changes;
    return this.changeSettings(ownerHash, id, {
      ...changes,
      title: title?.trim(),
    });
  }

  /** Deletes a conversation, which {@link restore} undoes; a reply that is being written ends. */
  async delete(ownerHash: string, id: string): Promise<void> {
    const deletedAt = this.parts.now().toISOString();
    await this.parts.settings.change(ownerHash, id, { deletedAt });
    const last = (await this.logOf(ownerHash, id).list())?.last ?? 0;
    if (last % 2 === 0) return;
    const ref = { ownerHash, conversation: id, number: last + 1 };
    try {
      await this.parts.replies.stop(ref);
    } catch (error) {
      // Nobody has begun it (yet), and there is nothing to answer any more.
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  restore(ownerHash: string, id: string): Promise<Conversation> {
    return this.changeSettings(ownerHash, id, { deletedAt: null });
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
  ): Promise<Message> {
    const { text, follows, insteadOf: number } = given;
    refuseTooLong(text);
    await this.parts.settings.read(ownerHash, id);
    const log = this.logOf(ownerHash, id);
    const old =
      number === undefined
        ? undefined
        : await this.readPrompt(ownerHash, id, number);
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
  ): Promise<Message> {
    const [prompt] = await Promise.all([
      this.readPrompt(ownerHash, id, number - 1),
      this.parts.settings.read(ownerHash, id),
    ]);
    const again = { text: prompt.text, insteadOf: firstVersion(prompt), key };
    return this.ask(ownerHash, id, again, async (last) => {
      refuseIfNotLast(prompt, last);
      const ref = { ownerHash, conversation: id, number };
      if (last !== number) await this.parts.replyStates.requireMessage(ref);
      await this.parts.replies.admit(ownerHash);
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
    if (last > number) throw hasGoneOn();
    const { replyStates } = this.parts;
    await this.inTurn(ownerHash, () => replyStates.retry(ref));
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
    if (number % 2 === 1 || !listing?.has(number - 1)) {
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
    find: (last: number) => Promise<PromptPlace>,
  ): Promise<Message> {
    return this.inTurn(ownerHash, async () => {
      const at = this.parts.now().toISOString();
      const log = this.logOf(ownerHash, id);
      const message = await log.addPrompt({ ...prompt, at }, find);
      await Promise.all([
        this.parts.activity.note(ownerHash, { kind: "prompt", id, at }),
        this.parts.replies.begin(refTo(ownerHash, id, message)),
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
    return files.serial.run(`${ownerHash}#reply`, () =>
      replies.beginning(ownerHash, work),
    );
  }

  private async readPrompt(
    ownerHash: string,
    id: string,
    number: number,
  ): Promise<Message> {
    const log = this.logOf(ownerHash, id);
    const listing = await log.list();
    const prompt = listing?.has(number) && (await log.read(number, listing));
    if (prompt && prompt.role === "user") return prompt;
    throw new NotFoundError("reply");
  }

  private async makeMessages(
    ownerHash: string,
    id: string,
    prompt: { text: string; at: string; key?: string },
  ): Promise<Message> {
    const log = this.logOf(ownerHash, id);
    await log.make();
    return log.addPrompt(prompt, () => Promise.resolve({}));
  }

  /** Asked before a prompt is saved: what was typed must be lost neither here nor there. */
  private async admit(
    ownerHash: string,
    id: string,
    last: number,
  ): Promise<PromptPlace["settle"]> {
    const { replies, replyStates } = this.parts;
    const ref = { ownerHash, conversation: id, number: last + 1 };
    const settle =
      last % 2 === 1 ? await replyStates.refuseWhileWriting(ref) : undefined;
    await replies.admit(ownerHash);
    return settle;
  }

  private async changeSettings(
    ownerHash: string,
    id: string,
    changes: SettingsChanges,
  ): Promise<Conversation> {
    const { settings } = this.parts;
    const changed = await settings.change(ownerHash, id, changes);
    const living = await this.withLivingProject(ownerHash, changed);
    const log = this.logOf(ownerHash, id);
    const listing = await log.list();
    const [last] = listing ? await log.readLast(1, listing) : [];
    return toConversation(living, last?.at);
  }

  private async withLivingProject(
    ownerHash: string,
    settings: StoredConversation,
  ): Promise<StoredConversation> {
    if (!settings.project) return settings;
    const { projects } = this.parts;
    const project = await projects.readIfThere(ownerHash, settings.project);
    return project ? settings : { ...settings, project: null };
  }

  private async refuseUnknown(
    ownerHash: string,
    { model, project }: { model?: string; project?: string | null },
  ): Promise<void> {
    if (model !== undefined) {
      if (!(await this.parts.models.find(model))) {
        throw new VisibleError(404, "There is no such model. Pick another.");
      }
    }
    if (project) await this.parts.projects.read(ownerHash, project);
  }

  /** What can't be known of a model that isn't on offer, its provider tells when it is asked. */
  private async refuseImpossible(
    model: string,
    options: ChosenOptions,
  ): Promise<void> {
    const info = await this.parts.models.find(model);
    if (info) checkReplyOptions(info, options);
  }

  private async standardModel(): Promise<string> {
    const standard = await this.parts.models.standard();
    if (standard) return standard.id;
    throw new VisibleError(
      503,
      "No model can be reached now. Please try again later.",
    );
  }

  private logOf(ownerHash: string, id: string): MessageLog {
    const { files, folders } = this.parts;
    return new MessageLog(files, folders.messages(ownerHash, id));
  }
}

const refTo = (
  ownerHash: string,
  conversation: string,
  prompt: Message,
): ReplyRef => ({ ownerHash, conversation, number: prompt.number + 1 });

/** What a prompt has to say of the reply that it follows: nothing, if that is the newest. */
async function olderVersion(
  log: MessageLog,
  last: number,
  follows: number | undefined,
): Promise<number | undefined> {
  const [newest, followed] = [turnOf(last), turnOf(follows ?? last)];
  if (follows === undefined || followed >= newest) return undefined;
  const prompt = await log.read(newest);
  return prompt && followed >= firstVersion(prompt) ? follows : undefined;
}

/** Only the last prompt can be asked again, and not for ever. */
function refuseIfNotLast(prompt: Message, last: number): void {
  if (turnOf(last) !== prompt.number) throw hasGoneOn();
  if (versionOf(prompt) + 1 < limits.versions) return;
  throw new VisibleError(
    409,
    `This was asked ${limits.versions} times already. Say in a message of your own what should be different.`,
  );
}

function refuseTooLong(text: string): void {
  if (Buffer.byteLength(text) <= limits.messageBytes) return;
  throw new VisibleError(
    413,
    `The message is longer than ${limits.messageBytes / 1024} KiB. Shorten it, or send it in parts.`,
  );
}
