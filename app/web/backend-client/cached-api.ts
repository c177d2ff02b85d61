import type { Registry } from "prom-client";
import { type OperationId, operations } from "../../core/api/operations";
import { VisibleError } from "../../core/domain/errors";
import {
  type ConversationPage,
  type FileRef,
  limits,
} from "../../core/domain/records";
import type { Logger } from "../../core/runtime/log";
import type {
  Api,
  ApiContext,
  ConnectedApi,
  ConversationChanges,
  FollowedEvent,
  SearchQuery,
} from "./api";
import { createCallMetrics } from "./call-metrics";
import { type AnswerTo, decodeAnswer, unreachable } from "./decode-answer";
import {
  encodeCall,
  type OperationRequest,
  PATIENCE,
  type Patience,
} from "./encode-call";
import { joinPages, knownMessages } from "./known-messages";
import type { CachedRecord, RecordCache, Wanted } from "./record-cache";
import { changes, reads, relations } from "./relations";
import type { Transport } from "./transport";
import { FileStreams, requireFiles } from "./file-streams";

const NOTHING = {
  dnsMs: 0,
  connectMs: 0,
  waitMs: 0,
  transferMs: 0,
  totalMs: 0,
};

export interface CachedApiDeps {
  transport: Pick<Transport, "send" | "exchangeStream">;
  /** For the header `Host`. */
  host: string;
  log: Logger;
  metrics: Registry;
  /** See {@link PATIENCE}. */
  patience?: Patience;
  cache: RecordCache;
  watch: (
    context: ApiContext,
    path: string,
    offset: string | undefined,
    signal: AbortSignal,
  ) => AsyncIterable<FollowedEvent>;
  close: () => Promise<void>;
}

/** A backend of the version before, which a rollout has not replaced yet, knows no links. */
function nothingBefore(error: unknown): { links: [] } {
  if (error instanceof VisibleError && error.status === 404) {
    return { links: [] };
  }
  throw error;
}

type Request<I extends OperationId> = OperationRequest<(typeof operations)[I]>;

/** The sidebar lists this many conversations, and links to the list of all. */
const SIDEBAR_CONVERSATIONS = 40;

/** Calls the backend. Reads go through the cache; writes count changes, which invalidate records. */
export class CachedApi implements ConnectedApi {
  private readonly patience: Patience;
  private readonly files: FileStreams;
  private readonly metrics: ReturnType<typeof createCallMetrics>;

  constructor(private readonly deps: CachedApiDeps) {
    this.patience = deps.patience ?? PATIENCE;
    this.files = new FileStreams(deps);
    this.metrics = createCallMetrics(deps.metrics);
  }

  readOverview(context: ApiContext): ReturnType<Api["readOverview"]> {
    const query = { limit: String(SIDEBAR_CONVERSATIONS) };
    return this.read(context, "readOverview", { query });
  }

  listConversations(
    context: ApiContext,
    { cursor, limit, archived }: Parameters<Api["listConversations"]>[1],
  ): ReturnType<Api["listConversations"]> {
    const query = { limit: String(limit), cursor, archived };
    return this.read(context, "listConversations", { query });
  }

  async createConversation(
    context: ApiContext,
    { key, ...body }: Parameters<Api["createConversation"]>[1],
  ): ReturnType<Api["createConversation"]> {
    const made = await this.write(context, "createConversation", { body, key });
    requireFiles(made.message, body.files);
    return { conversation: made.conversation, reply: made.reply.number };
  }

  async readConversation(
    context: ApiContext,
    id: string,
    { limit, before, thread }: Parameters<Api["readConversation"]>[2],
  ): Promise<ConversationPage> {
    return this.cached<ConversationPage>(context, "readConversation", {
      key: `conversation/${id}?${limit}&${before ?? ""}&${thread ?? ""}`,
      kinds: reads.readConversation,
      // Any process may write the reply, or send what is queued.
      keeps: ({ reply, queue = [] }) =>
        reply?.status !== "writing" && queue.length === 0,
      load: async (earlier) => {
        const known =
          before === undefined && earlier ? knownMessages(earlier.value) : 0;
        const query = {
          messages: String(limit),
          characters: String(limits.pageCharacters),
          before: before === undefined ? undefined : String(before),
          thread: thread === undefined ? undefined : String(thread),
          known: known === 0 ? undefined : String(known),
        };
        const found = await this.fetch(context, "readConversation", earlier, {
          params: { id },
          query,
        });
        if (found === earlier || !earlier || known === 0) return found;
        return {
          ...found,
          value: joinPages(earlier.value, found.value, known, limit),
          bytes: found.bytes + earlier.bytes,
        };
      },
    });
  }

  forkConversation(
    context: ApiContext,
    id: string,
    message: number,
    key?: string,
  ): ReturnType<Api["forkConversation"]> {
    const request = { params: { id }, body: { message }, key };
    return this.write(context, "forkConversation", request);
  }

  changeConversation(
    context: ApiContext,
    id: string,
    body: ConversationChanges,
  ): ReturnType<Api["changeConversation"]> {
    return this.write(context, "changeConversation", { params: { id }, body });
  }

  async deleteConversation(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "deleteConversation", { params: { id } });
  }

  restoreConversation(
    context: ApiContext,
    id: string,
  ): ReturnType<Api["restoreConversation"]> {
    return this.write(context, "restoreConversation", { params: { id } });
  }

  listDeleted(
    context: ApiContext,
    { cursor, limit }: Parameters<Api["listDeleted"]>[1],
  ): ReturnType<Api["listDeleted"]> {
    const query = { limit: String(limit), cursor };
    return this.read(context, "listDeleted", { query });
  }

  readDeleted(context: ApiContext, id: string): ReturnType<Api["readDeleted"]> {
    return this.read(context, "readDeleted", { params: { id } });
  }

  async purgeConversation(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "purgeConversation", { params: { id } });
  }

  async deleteTurn(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "deleteTurn", { params });
  }

  async restoreTurn(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "restoreTurn", { params });
  }

  async sendMessage(
    context: ApiContext,
    id: string,
    { key, ...body }: Parameters<Api["sendMessage"]>[2],
  ): ReturnType<Api["sendMessage"]> {
    const request = { params: { id }, body, key };
    const sent = await this.write(context, "sendMessage", request);
    requireFiles(sent.message, body.files);
    return { message: sent.message, reply: sent.reply.number };
  }

  uploadFile(
    ...args: Parameters<Api["uploadFile"]>
  ): ReturnType<Api["uploadFile"]> {
    return this.files.upload(...args);
  }

  async describeUpload(context: ApiContext, file: string): Promise<FileRef> {
    const request = { params: { file } };
    const { value } = await this.fetch(
      context,
      "describeUpload",
      undefined,
      request,
    );
    return value;
  }

  async discardFile(context: ApiContext, file: string): Promise<void> {
    const request = { params: { file } };
    await this.fetch(context, "discardFile", undefined, request);
  }

  beginImport(
    ...args: Parameters<Api["beginImport"]>
  ): ReturnType<Api["beginImport"]> {
    return this.files.beginImport(...args);
  }

  async listImports(context: ApiContext): ReturnType<Api["listImports"]> {
    const found = await this.fetch(context, "listImports", undefined, {});
    return found.value.imports;
  }

  continueImport(
    context: ApiContext,
    id: string,
  ): ReturnType<Api["continueImport"]> {
    return this.write(context, "continueImport", { params: { id } });
  }

  async deleteImport(context: ApiContext, id: string): Promise<void> {
    const request = { params: { id } };
    await this.fetch(context, "deleteImport", undefined, request);
  }

  readFile(...args: Parameters<Api["readFile"]>): ReturnType<Api["readFile"]> {
    return this.files.read(...args);
  }

  async createLink(
    context: ApiContext,
    id: string,
    { key, through }: Parameters<Api["createLink"]>[2],
  ): ReturnType<Api["createLink"]> {
    const request = { params: { id }, body: { through }, key };
    return this.ask(context, "createLink", request);
  }

  async listLinks(
    context: ApiContext,
    conversation?: string,
  ): ReturnType<Api["listLinks"]> {
    const query = { conversation };
    const asked = this.ask(context, "listLinks", { query });
    return (await asked.catch(nothingBefore)).links;
  }

  async revokeLink(context: ApiContext, id: string): Promise<void> {
    await this.ask(context, "revokeLink", { params: { id } });
  }

  readShared(
    context: ApiContext,
    token: string,
    { limit, before }: Parameters<Api["readShared"]>[2],
  ): ReturnType<Api["readShared"]> {
    const query = {
      messages: String(limit),
      characters: String(limits.pageCharacters),
      before: before === undefined ? undefined : String(before),
    };
    return this.ask(context, "readShared", { params: { token }, query });
  }

  readSharedFile(
    ...args: Parameters<Api["readSharedFile"]>
  ): ReturnType<Api["readSharedFile"]> {
    return this.files.readShared(...args);
  }

  async editQueued(
    context: ApiContext,
    id: string,
    number: number,
    text: string,
  ): Promise<void> {
    const request = { params: { id, number: String(number) }, body: { text } };
    await this.write(context, "editQueuedMessage", request);
  }

  async withdrawQueued(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "withdrawQueuedMessage", { params });
  }

  async continueQueue(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "continueQueue", { params: { id } });
  }

  async stopReply(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "stopReply", { params });
  }

  async retryReply(
    context: ApiContext,
    id: string,
    number: number,
  ): Promise<void> {
    const params = { id, number: String(number) };
    await this.write(context, "retryReply", { params });
  }

  async regenerateReply(
    context: ApiContext,
    id: string,
    number: number,
    key?: string,
  ): Promise<number> {
    const request = { params: { id, number: String(number) }, key };
    return (await this.write(context, "regenerateReply", request)).reply.number;
  }

  async *watchReply(
    context: ApiContext,
    id: string,
    number: number,
    offset: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<FollowedEvent> {
    const path = `/v1/conversations/${encodeURIComponent(id)}/replies/${number}`;
    const events = this.deps.watch(context, path, offset, signal);
    for await (const watched of events) {
      if (watched.event.kind === "end") this.noticeEnd(context);
      yield watched;
    }
  }

  /** Not counted in the session: no request made the change, and a save costs seven storage calls. */
  noticeEnd(context: ApiContext): void {
    this.deps.cache.outdate(context.owner);
  }

  createProject(
    context: ApiContext,
    body: { name: string; instructions?: string },
  ): ReturnType<Api["createProject"]> {
    return this.write(context, "createProject", { body });
  }

  readProject(context: ApiContext, id: string): ReturnType<Api["readProject"]> {
    return this.read(context, "readProject", { params: { id } });
  }

  changeProject(
    context: ApiContext,
    id: string,
    body: { name?: string; instructions?: string },
  ): ReturnType<Api["changeProject"]> {
    return this.write(context, "changeProject", { params: { id }, body });
  }

  async deleteProject(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "deleteProject", { params: { id } });
  }

  readSettings(context: ApiContext): ReturnType<Api["readSettings"]> {
    return this.read(context, "readSettings", {});
  }

  changeSettings(
    context: ApiContext,
    body: { instructions: string },
  ): ReturnType<Api["changeSettings"]> {
    return this.write(context, "changeSettings", { body });
  }

  savePrompt(
    context: ApiContext,
    { key, ...body }: Parameters<Api["savePrompt"]>[1],
  ): ReturnType<Api["savePrompt"]> {
    return this.write(context, "createSavedPrompt", { body, key });
  }

  changeSavedPrompt(
    context: ApiContext,
    id: string,
    body: { name?: string; text?: string },
  ): ReturnType<Api["changeSavedPrompt"]> {
    return this.write(context, "changeSavedPrompt", { params: { id }, body });
  }

  async deleteSavedPrompt(context: ApiContext, id: string): Promise<void> {
    await this.write(context, "deleteSavedPrompt", { params: { id } });
  }

  async eraseAll(context: ApiContext): Promise<void> {
    await this.write(context, "eraseOwner", {});
  }

  search(context: ApiContext, wanted: SearchQuery): ReturnType<Api["search"]> {
    return this.read(context, "search", { query: { ...wanted } });
  }

  async isReady(signal: AbortSignal): Promise<boolean> {
    const { transport, host } = this.deps;
    try {
      const { answer } = await transport.send({
        ...this.patience.read,
        method: "GET",
        path: "/readyz",
        headers: { host },
        signal,
      });
      return answer.status === 200;
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.deps.close();
  }

  private read<I extends keyof typeof reads>(
    context: ApiContext,
    id: I,
    request: Request<I>,
  ): Promise<AnswerTo<I>> {
    return this.cached(context, id, {
      key: `${id} ${JSON.stringify(request)}`,
      kinds: reads[id],
      load: (earlier) => this.fetch(context, id, earlier, request),
    });
  }

  /** Shared links are in no cache. */
  private async ask<I extends OperationId>(
    context: ApiContext,
    id: I,
    request: Request<I>,
  ): Promise<AnswerTo<I>> {
    return (await this.fetch(context, id, undefined, request)).value;
  }

  private async cached<T>(
    context: ApiContext,
    name: OperationId,
    wanted: Wanted<T>,
  ): Promise<T> {
    const { value, cached } = await this.deps.cache.read(context, wanted);
    if (cached) context.calls.push({ name, cached, ...NOTHING });
    return value;
  }

  private async fetch<I extends OperationId>(
    context: ApiContext,
    id: I,
    earlier: CachedRecord<AnswerTo<I>> | undefined,
    request: Request<I>,
  ): Promise<CachedRecord<AnswerTo<I>>> {
    const asked = { ...request, etag: earlier?.etag };
    const answer = await this.call(context, id, asked);
    if (answer !== "unchanged") return answer;
    if (earlier) return earlier;
    throw new Error(`${id} was answered with nothing`);
  }

  private async write<I extends keyof typeof changes>(
    context: ApiContext,
    id: I,
    request: Request<I>,
  ): Promise<AnswerTo<I>> {
    const { value } = await this.fetch(context, id, undefined, request);
    if (id === "sendMessage") context.changes.renewMark();
    else context.changes.add(relations[changes[id]]);
    return value;
  }

  /**
   * Not aborted when the visitor disconnects: the change may have been made, and other requests may
   * share the read.
   */
  private async call<I extends OperationId>(
    context: ApiContext,
    id: I,
    request: Request<I>,
  ): Promise<CachedRecord<AnswerTo<I>> | "unchanged"> {
    const { transport, host, log } = this.deps;
    const { patience, metrics } = this;
    const call = encodeCall(context, operations[id], request, {
      host,
      patience,
    });
    const { answer, cost } = await transport.send(call).catch((error) => {
      metrics.countUnanswered(id);
      const { requestId } = context;
      log.error({ error, requestId, operation: id }, "backend call failed");
      throw unreachable(error);
    });
    metrics.count(context, id, answer.status, cost);
    return decodeAnswer(id, answer);
  }
}
