import type { Prompt } from "../../core/domain/records";
import { replyNumberOf } from "../../core/domain/turns";
import type { ConversationPages } from "../conversations/conversation-pages";
import type { Conversations } from "../conversations/conversations";
import type { Forks } from "../conversations/forks";
import type { PromptService } from "../conversations/prompts";
import type { QueueService } from "../conversations/queue-service";
import type { Replies } from "../conversations/reply-resolver";
import { type BackendRouter, implement } from "./implement";

export interface ConversationRoutesDeps {
  conversations: Conversations;
  conversationPages: ConversationPages;
  prompts: PromptService;
  forks: Forks;
}

export function serveConversations(
  router: BackendRouter,
  deps: ConversationRoutesDeps,
): void {
  const { conversations, conversationPages, prompts } = deps;
  implement(router, "listConversations", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    ctx.body = await conversations.list(ownerHash, input.query);
  });
  implement(router, "createConversation", async (ctx) => {
    const { ownerHash, input, key } = ctx.state;
    const { body } = input;
    const created = await prompts.createConversation(ownerHash, body, key);
    ctx.body = { ...created, ...sent(created.message) };
  });
  implement(router, "readConversation", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { messages: limit, ...part } = input.query;
    const wanted = { limit, ...part };
    ctx.body = await conversationPages.read(ownerHash, input.params.id, wanted);
  });
  implement(router, "changeConversation", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { params, body } = input;
    ctx.body = await conversations.change(ownerHash, params.id, body);
  });
  implement(router, "deleteConversation", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await conversations.delete(ownerHash, input.params.id);
  });
  implement(router, "restoreConversation", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    ctx.body = await conversations.restore(ownerHash, input.params.id);
  });
  implement(router, "forkConversation", async (ctx) => {
    const { ownerHash, input, key } = ctx.state;
    const { params, body } = input;
    ctx.body = await deps.forks.fork(ownerHash, params.id, body.message, key);
  });
  implement(router, "deleteTurn", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id, number } = input.params;
    await conversations.deleteTurn(ownerHash, id, number);
  });
  implement(router, "restoreTurn", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id, number } = input.params;
    await conversations.restoreTurn(ownerHash, id, number);
  });
  serveMessages(router, deps);
}

function serveMessages(
  router: BackendRouter,
  { conversationPages, prompts }: ConversationRoutesDeps,
): void {
  implement(router, "listMessages", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { params, query } = input;
    const page = await conversationPages.read(ownerHash, params.id, query);
    ctx.body = { messages: page.messages, hasOlder: page.hasOlder };
  });
  implement(router, "sendMessage", async (ctx) => {
    const { ownerHash, input, key } = ctx.state;
    const { params, body } = input;
    if (body.queue !== true || body.insteadOf !== undefined) {
      ctx.body = sent(await prompts.send(ownerHash, params.id, body, key));
      return;
    }
    const { text, follows, files } = body;
    const { message, queued } = await prompts.sendOrQueue(
      ownerHash,
      params.id,
      { text, follows, files },
      key,
    );
    ctx.body = { ...sent(message), ...(queued && { queued }) };
  });
}

export function serveQueue(
  router: BackendRouter,
  { queue }: { queue: QueueService },
): void {
  implement(router, "continueQueue", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    await queue.goOn({ ownerHash, conversation: input.params.id });
  });
  implement(router, "editQueuedMessage", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id, number } = input.params;
    const of = { ownerHash, conversation: id };
    ctx.body = await queue.edit(of, number, input.body.text);
  });
  implement(router, "withdrawQueuedMessage", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id, number } = input.params;
    await queue.withdraw({ ownerHash, conversation: id }, number);
  });
}

const sent = (message: Prompt) => ({
  message,
  reply: { number: replyNumberOf(message.number) },
});

export function serveReplyActions(
  router: BackendRouter,
  { prompts, replies }: { prompts: PromptService; replies: Replies },
): void {
  implement(router, "stopReply", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id, number } = input.params;
    await replies.stop(await prompts.replyRef(ownerHash, id, number));
  });
  implement(router, "retryReply", async (ctx) => {
    const { ownerHash, input } = ctx.state;
    const { id, number } = input.params;
    await prompts.retry(ownerHash, id, number);
  });
  implement(router, "regenerateReply", async (ctx) => {
    const { ownerHash, input, key } = ctx.state;
    const { id, number } = input.params;
    ctx.body = sent(await prompts.regenerate(ownerHash, id, number, key));
  });
}
