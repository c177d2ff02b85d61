import { randomBytes } from "node:crypto";
import { EventEmitter, on } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ConversationMovedOnError,
  NotFoundError,
  VisibleError,
} from "../../app/core/domain/errors";
import {
  type Conversation,
  isPrompt,
  type Message,
  type ModelDescription,
  type Project,
  type Prompt,
  type ReplyEvent,
} from "../../app/core/domain/records";
import type { Api, ApiContext } from "../../app/web/backend-client/api";

/** Events of a scripted reply; a string is text. */
export type Script =
  Iterable<string | ReplyEvent> | AsyncIterable<string | ReplyEvent>;

interface Reply {
  number: number;
  events: { event: ReplyEvent; offset: string }[];
  changed: EventEmitter;
  text: string;
  epoch: number;
  ended?: ReplyEvent & { kind: "end" };
}

interface Kept {
  owner: string;
  conversation: Conversation;
  messages: Message[];
  reply?: Reply;
  keys: Map<string, number>;
}

const testModels: ModelDescription[] = ["one", "two"].map((name) => ({
  id: `eliza/${name}`,
  name: `Model ${name}`,
  provider: "eliza",
  description: `The model called ${name}.`,
  contextTokens: 1_000,
  maxReplyTokens: 100,
  continues: true,
}));

/** The backend's API in memory, for cases that a real backend cannot reproduce. */
export class InMemoryApi implements Api {
  /** Scripts of the next replies. */
  script: (prompt: string) => Script = (prompt) => [`You said: ${prompt}`];
  /** Thrown by every call, if set. */
  fault: Error | undefined;
  models = testModels;
  readonly #kept = new Map<string, Kept>();
  readonly #projects = new Map<string, Project & { owner: string }>();

  #find({ owner }: ApiContext, id: string): Kept {
    this.#fail();
    const kept = this.#kept.get(id);
    if (kept?.owner !== owner) throw new NotFoundError("conversation");
    return kept;
  }

  #fail(): void {
    if (this.fault) throw this.fault;
  }

  async listConversations({ owner }: ApiContext, { limit = 50, cursor = "0" }) {
    this.#fail();
    const all = [...this.#kept.values()]
      .filter((kept) => kept.owner === owner && !kept.conversation.deletedAt)
      .map(({ conversation }) => conversation)
      .toReversed();
    const end = Number(cursor) + limit;
    const next = end < all.length ? String(end) : null;
    return { conversations: all.slice(Number(cursor), end), next };
  }

  async createConversation(
    context: ApiContext,
    given: { text: string; model?: string; project?: string },
  ) {
    this.#fail();
    const at = new Date().toISOString();
    const conversation: Conversation = {
      id: newId(),
      title: given.text.slice(0, 60),
      model: given.model ?? "eliza/one",
      project: given.project ?? null,
      maxTokens: null,
      temperature: null,
      createdAt: at,
      updatedAt: at,
      deletedAt: null,
    };
    const { owner } = context;
    const kept = { owner, conversation, messages: [], keys: new Map() };
    this.#kept.set(conversation.id, kept);
    const { reply } = await this.sendMessage(context, conversation.id, given);
    return { conversation, reply };
  }

  async readConversation(
    context: ApiContext,
    id: string,
    { limit, before = Infinity }: { limit: number; before?: number },
  ) {
    const { conversation, messages, reply } = this.#find(context, id);
    const older = messages.filter(({ number }) => number < before);
    const shown = older.slice(-limit);
    return {
      conversation,
      messages: shown,
      hasOlder: older.length > shown.length,
      reply: reply
        ? {
            ...this.#head(conversation, reply.number),
            status: reply.ended ? ("failed" as const) : ("writing" as const),
            text: reply.text,
            offset: reply.events.at(-1)?.offset ?? "0",
            epoch: reply.epoch,
            reason: reply.ended?.reason,
          }
        : null,
    };
  }

  async changeConversation(context: ApiContext, id: string, changes: object) {
    const { conversation } = this.#find(context, id);
    return Object.assign(conversation, changes);
  }

  async deleteConversation(context: ApiContext, id: string) {
    this.#find(context, id).conversation.deletedAt = new Date().toISOString();
  }

  async restoreConversation(context: ApiContext, id: string) {
    const { conversation } = this.#find(context, id);
    return Object.assign(conversation, { deletedAt: null });
  }

  async sendMessage(
    context: ApiContext,
    id: string,
    given: {
      text: string;
      key?: string;
      follows?: number;
      insteadOf?: number;
    },
  ) {
    const { follows, insteadOf: number } = given;
    const { messages } = this.#find(context, id);
    const old = messages.filter(isPrompt).find((one) => one.number === number);
    const insteadOf = old && (old.insteadOf ?? old.number);
    const isNewest =
      follows === this.#find(context, id).messages.at(-1)?.number;
    return this.#ask(context, id, {
      text: given.text,
      key: given.key,
      ...(follows && !isNewest && { follows }),
      ...(insteadOf && { insteadOf }),
    });
  }

  async regenerateReply(
    context: ApiContext,
    id: string,
    number: number,
    key?: string,
  ) {
    const { messages, keys } = this.#find(context, id);
    const prompt = messages
      .filter(isPrompt)
      .find((one) => one.number === number - 1);
    if (!prompt) throw new NotFoundError("reply");
    const isKnown = key !== undefined && keys.has(key);
    if (!isKnown && messages.at(-1)?.number !== number) {
      throw new ConversationMovedOnError();
    }
    const { text, follows, insteadOf = prompt.number } = prompt;
    const again = { text, key, insteadOf, ...(follows && { follows }) };
    return (await this.#ask(context, id, again)).reply;
  }

  async #ask(
    context: ApiContext,
    id: string,
    {
      key,
      ...prompt
    }: Pick<Prompt, "text" | "follows" | "insteadOf"> & { key?: string },
  ) {
    const kept = this.#find(context, id);
    const known = key && kept.keys.get(key);
    const found = kept.messages
      .filter(isPrompt)
      .find(({ number }) => number === known);
    if (found) return { message: found, reply: found.number + 1 };
    if (kept.reply && !kept.reply.ended) {
      throw new VisibleError(409, "A reply is being written. Stop it first.");
    }
    if (kept.reply?.ended) this.#save(kept, kept.reply, kept.reply.ended);
    const number = (kept.messages.at(-1)?.number ?? 0) + 1;
    const at = new Date().toISOString();
    const message: Prompt = {
      number: number + (1 - (number % 2)),
      role: "user",
      at,
      ...prompt,
    };
    kept.messages.push(message);
    if (key) kept.keys.set(key, message.number);
    this.#write(kept, message);
    return { message, reply: message.number + 1 };
  }

  #write(kept: Kept, prompt: Prompt): void {
    const changed = new EventEmitter().setMaxListeners(0);
    const number = prompt.number + 1;
    const reply: Reply = { number, events: [], changed, text: "", epoch: 1 };
    kept.reply = reply;
    void this.#run(kept, reply, prompt.text);
  }

  async #run(
    kept: Kept,
    reply: Reply,
    prompt: string,
    epoch = 1,
  ): Promise<void> {
    this.#emit(reply, { kind: "epoch", epoch, keep: 0 });
    for await (const said of this.script(prompt)) {
      if (reply.ended) return;
      const event = typeof said === "string" ? textEvent(said) : said;
      if (event.kind === "end") return this.#end(kept, reply, event);
      this.#emit(reply, event);
    }
    const { text } = reply;
    this.#end(kept, reply, { kind: "end", outcome: "complete", text });
  }

  #emit(reply: Reply, event: ReplyEvent): void {
    if (event.kind === "epoch") {
      reply.text = reply.text.slice(0, event.keep);
      reply.epoch = event.epoch;
    }
    if (event.kind === "text") reply.text += event.text;
    const offset = String(reply.events.length + 1).padStart(6, "0");
    reply.events.push({ event, offset });
    reply.changed.emit("change");
  }

  #end(kept: Kept, reply: Reply, event: ReplyEvent & { kind: "end" }): void {
    if (reply.ended) return;
    reply.ended = event;
    if (event.outcome !== "failed") this.#save(kept, reply, event);
    this.#emit(reply, event);
  }

  #save(kept: Kept, reply: Reply, ended: ReplyEvent & { kind: "end" }): void {
    const { outcome, text, reason } = ended;
    const head = this.#head(kept.conversation, reply.number);
    kept.messages.push({ ...head, role: "assistant", text, outcome, reason });
    kept.reply = undefined;
    this.#past.set(`${kept.conversation.id}/${reply.number}`, reply);
  }

  readonly #past = new Map<string, Reply>();

  #head({ model }: Conversation, number: number) {
    const modelName = testModels.find(({ id }) => id === model)?.name ?? model;
    return { number, model, modelName, at: new Date().toISOString() };
  }

  async stopReply(context: ApiContext, id: string, number: number) {
    const kept = this.#find(context, id);
    const { reply } = kept;
    if (reply?.number !== number) return;
    const { text } = reply;
    this.#end(kept, reply, { kind: "end", outcome: "stopped", text });
  }

  async retryReply(context: ApiContext, id: string, number: number) {
    const kept = this.#find(context, id);
    const prompt = kept.messages
      .filter(isPrompt)
      .find((one) => one.number === number - 1);
    const { reply } = kept;
    if (!reply?.ended || !prompt) return;
    reply.ended = undefined;
    void this.#run(kept, reply, prompt.text, 2);
  }

  noticeEnd(): void {
    // This API has no cache.
  }

  async *watchReply(
    context: ApiContext,
    id: string,
    number: number,
    offset: string | undefined,
    signal: AbortSignal,
  ) {
    const kept = this.#find(context, id);
    const reply =
      kept.reply?.number === number
        ? kept.reply
        : this.#past.get(`${id}/${number}`);
    if (!reply) throw new NotFoundError("reply");
    let next = Number(offset ?? 0);
    const changes = on(reply.changed, "change", { signal });
    try {
      for (;;) {
        for (const one of reply.events.slice(next)) {
          this.#fail();
          yield one;
          next++;
        }
        if (reply.ended && next >= reply.events.length) return;
        if (next >= reply.events.length) await changes.next();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await changes.return?.();
    }
  }

  async listModels() {
    this.#fail();
    return this.models;
  }

  async listProjects({ owner }: ApiContext) {
    this.#fail();
    return [...this.#projects.values()].filter((one) => one.owner === owner);
  }

  async createProject(
    { owner }: ApiContext,
    { name, instructions = "" }: { name: string; instructions?: string },
  ) {
    this.#fail();
    const at = new Date().toISOString();
    const project = {
      id: newId(),
      owner,
      name,
      instructions,
      createdAt: at,
      updatedAt: at,
    };
    this.#projects.set(project.id, project);
    return project;
  }

  #project({ owner }: ApiContext, id: string) {
    this.#fail();
    const project = this.#projects.get(id);
    if (project?.owner !== owner) throw new NotFoundError("project");
    return project;
  }

  async readProject(context: ApiContext, id: string) {
    const project = this.#project(context, id);
    const all = [...this.#kept.values()].map((kept) => kept.conversation);
    const conversations = all.filter((one) => one.project === id);
    return { project, conversations, usage: [] };
  }

  async changeProject(context: ApiContext, id: string, changes: object) {
    return Object.assign(this.#project(context, id), changes);
  }

  async deleteProject(context: ApiContext, id: string) {
    this.#project(context, id);
    this.#projects.delete(id);
    for (const { conversation } of this.#kept.values()) {
      if (conversation.project === id) conversation.project = null;
    }
  }

  async search({ owner }: ApiContext, query: string) {
    this.#fail();
    return [...this.#kept.values()]
      .filter((kept) => kept.owner === owner)
      .map(({ conversation, messages }) => ({
        conversation,
        excerpts: messages.filter(({ text }) => text.includes(query)),
      }))
      .filter(({ excerpts }) => excerpts.length > 0);
  }

  async isReady() {
    return this.fault === undefined;
  }
}

/** Words with pauses, as a model writes them. */
export async function* slowly(text: string, delayMs: number) {
  for (const word of text.split(/(?<= )/)) {
    yield word;
    await sleep(delayMs);
  }
}

function textEvent(text: string): ReplyEvent {
  return { kind: "text", text };
}

function newId(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz234567";
  return [...randomBytes(26)].map((byte) => letters[byte % 32]).join("");
}
