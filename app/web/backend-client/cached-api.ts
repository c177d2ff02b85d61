import type { z } from "zod";
import type { OperationId, operations } from "../../core/api/operations";
import type { ConversationPage, Message } from "../../core/domain/records";
import type {
  Api,
  ApiContext,
  ConnectedApi,
  ConversationChanges,
  FollowedEvent,
} from "./api";
import type { ApiClient, OperationRequest } from "./api-client";
import type { CachedRecord, RecordCache, Wanted } from "./record-cache";
import { type Kind, relations } from "./relations";

const NOTHING = {
  dnsMs: 0,
  connectMs: 0,
  waitMs: 0,
  transferMs: 0,
  totalMs: 0,
};

export interface CachedApiDeps {
  client: ApiClient;
  cache: RecordCache;
  watch: (
    context: ApiContext,
    path: string,
    offset: string | undefined,
    signal: AbortSignal,
  ) => AsyncIterable<FollowedEvent>;
  close: () => Promise<void>;
}

type Operations = typeof operations;
type AnswerTo<I extends OperationId> = z.output<Operations[I]["answer"]>;

/** Conversations in the sidebar. A list with this limit is part of the overview and costs no call. */
const OVERVIEW_CONVERSATIONS = 40;

const OVERVIEW: Kind[] = ["conversations", "projects"];

/** Reads through the cache, and counts changes, which invalidate cached records. */
export class CachedApi implements ConnectedApi {
  constructor(private readonly deps: CachedApiDeps) {}

  async listConversations(
    context: ApiContext,
    {
      cursor,
      limit = OVERVIEW_CONVERSATIONS,
    }: { cursor?: string; limit?: number },
  ): ReturnType<Api["listConversations"]> {
    if (cursor === undefined && limit === OVERVIEW_CONVERSATIONS) {
      const { conversations, next } = await this.overview(context);
      return { conversations, next };
    }
    const query = { limit: String(limit), cursor };
    const kinds: Kind[] = ["conversations", "projects"];
    return this.read(context, "listConversations", { query }, kinds);
  }

  async createConversation(
    context: ApiContext,
    { key, ...body }: Parameters<Api["createConversation"]>[1],
  ): ReturnType<Api["createConversation"]> {
    const made = await this.write(context, "createConversation", { body, key });
    context.changes.add(relations.message);
    return { conversation: made.conversation, reply: made.reply.number };
  }

  async readConversation(
    context: ApiContext,
    id: string,
    { limit, before }: { limit: number; before?: number },
  ): Promise<ConversationPage> {
    const key = `conversation/${id}?${limit}&${before ?? ""}`;
    return this.cached<ConversationPage>(context, "readConversation", {
      key,
      kinds: ["conversation"],
      keeps: ({ reply }) => reply?.status !== "writing",
      load: async (earlier) => {
        const known =
          before === undefined && earlier ? knownOf(earlier.value) : 0;
        const query = {
          messages: String(limit),
          before: before === undefined ? undefined : String(before),
          known: known === 0 ? undefined : String(known),
        };
        const found = await this.fetch(context, "readConversation", earlier, {
          params: { id },
          query,
        });
        if (found === earlier || !earlier || known === 0) return found;
        return {
          ...found,
          value: together(earlier.value, found.value, known, limit),
          bytes: found.bytes + earlier.bytes,
        };
      },
    });
  }

  async changeConversation(
    context: ApiContext,
    id: string,
    body: ConversationChanges,
  ): ReturnType<Api["changeConversation"]> {
    const request = { params: { id }, body };
    const changed = await this.write(context, "changeConversation", request);
    context.changes.add(relations.conversation);
    return changed;
  }

  async deleteConversation(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "deleteConversation", { params: { id } });
    context.changes.add(relations.conversation);
  }

  async restoreConversation(
    context: ApiContext,
    id: string,
  ): ReturnType<Api["restoreConversation"]> {
    const request = { params: { id } };
    const restored = await this.write(context, "restoreConversation", request);
    context.changes.add(relations.conversation);
    return restored;
  }

  async sendMessage(
    context: ApiContext,
    id: string,
    { key, ...body }: Parameters<Api["sendMessage"]>[2],
  ): ReturnType<Api["sendMessage"]> {
    const request = { params: { id }, body, key };
    const sent = await this.write(context, "sendMessage", request);
    context.changes.add(relations.message);
    return { message: sent.message, reply: sent.reply.number };
  }

  async stopReply(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "stopReply", { params });
    context.changes.add(relations.message);
  }

  async retryReply(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "retryReply", { params });
    context.changes.add(relations.message);
  }

  async regenerateReply(
    context: ApiContext,
    id: string,
    number: number,
    key?: string,
  ): Promise<number> {
    const request = { params: { id, number: String(number) }, key };
    const asked = await this.write(context, "regenerateReply", request);
    context.changes.add(relations.message);
    return asked.reply.number;
  }

  async *watchReply(
    context: ApiContext,
    id: string,
    number: number,
    offset: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<FollowedEvent> {
    const path = `/v1/conversations/${encodeURIComponent(id)}/replies/${number}`;
    for await (const watched of this.deps.watch(
      context,
      path,
      offset,
      signal,
    )) {
      if (watched.event.kind === "end") this.noticeEnd(context);
      yield watched;
    }
  }

  noticeEnd(context: ApiContext): void {
    context.changes.add(relations.message);
  }

  async listModels(context: ApiContext): ReturnType<Api["listModels"]> {
    return (await this.overview(context)).models;
  }

  async listProjects(context: ApiContext): ReturnType<Api["listProjects"]> {
    return (await this.overview(context)).projects;
  }

  async createProject(
    context: ApiContext,
    body: { name: string; instructions?: string },
  ): ReturnType<Api["createProject"]> {
    const made = await this.write(context, "createProject", { body });
    context.changes.add(relations.project);
    return made;
  }

  readProject(context: ApiContext, id: string): ReturnType<Api["readProject"]> {
    return this.read(context, "readProject", { params: { id } }, ["project"]);
  }

  async changeProject(
    context: ApiContext,
    id: string,
    body: { name?: string; instructions?: string },
  ): ReturnType<Api["changeProject"]> {
    const request = { params: { id }, body };
    const changed = await this.write(context, "changeProject", request);
    context.changes.add(relations.project);
    return changed;
  }

  async deleteProject(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "deleteProject", { params: { id } });
    context.changes.add(relations.project);
  }

  async search(context: ApiContext, q: string): ReturnType<Api["search"]> {
    const request = { query: { q } };
    return (await this.read(context, "search", request, ["search"])).results;
  }

  isReady(signal: AbortSignal): Promise<boolean> {
    return this.deps.client.isReady(signal);
  }

  close(): Promise<void> {
    return this.deps.close();
  }

  /** The sidebar of every page; concurrent requests for it share one call. */
  private overview(context: ApiContext): Promise<AnswerTo<"readOverview">> {
    const query = { limit: String(OVERVIEW_CONVERSATIONS) };
    return this.read(context, "readOverview", { query }, OVERVIEW);
  }

  private read<I extends OperationId>(
    context: ApiContext,
    id: I,
    request: OperationRequest<Operations[I]>,
    kinds: Kind[],
  ): Promise<AnswerTo<I>> {
    return this.cached(context, id, {
      key: `${id} ${JSON.stringify(request)}`,
      kinds,
      load: (earlier) => this.fetch(context, id, earlier, request),
    });
  }

  private async cached<T>(
    context: ApiContext,
    name: OperationId,
    wanted: Wanted<T>,
  ): Promise<T> {
    const { value, cached } = await this.deps.cache.read(context, wanted);
    if (cached) {
      context.calls.push({ name, cached, ...NOTHING });
    }
    return value;
  }

  /** Not aborted when the visitor disconnects: other requests may share the call. */
  private async fetch<I extends OperationId>(
    context: ApiContext,
    id: I,
    earlier: CachedRecord<AnswerTo<I>> | undefined,
    request: OperationRequest<Operations[I]>,
  ): Promise<CachedRecord<AnswerTo<I>>> {
    const asked = { ...request, etag: earlier?.etag };
    const reply = await this.deps.client.call(
      { ...context, signal: undefined },
      id,
      asked,
    );
    if (reply !== "unchanged") return reply;
    if (earlier) return earlier;
    throw new Error(`${id} was answered with nothing`);
  }

  /** Not aborted when the visitor disconnects: the change may have been made. */
  private async write<I extends OperationId>(
    context: ApiContext,
    id: I,
    request: OperationRequest<Operations[I]>,
  ): Promise<AnswerTo<I>> {
    const reply = await this.deps.client.call(
      { ...context, signal: undefined },
      id,
      request,
    );
    if (reply !== "unchanged") return reply.value;
    throw new Error(`${id} was answered with nothing`);
  }
}

/** The last number before a gap in the messages: up to it, messages never change. */
function knownOf({ messages }: ConversationPage): number {
  let known = 0;
  for (const { number } of messages) {
    if (known !== 0 && number !== known + 1) break;
    known = number;
  }
  return known;
}

function together(
  earlier: ConversationPage,
  found: ConversationPage,
  known: number,
  limit: number,
): ConversationPage {
  const old = earlier.messages.filter(({ number }) => number <= known);
  const messages: Message[] = [...old, ...found.messages].slice(-limit);
  return { ...found, messages };
}
