import type { Prompt } from "../../core/domain/records";
import { replyNumberOf } from "../../core/domain/turns";
import type { ConversationPages } from "../conversations/conversation-pages";
import type { Conversations } from "../conversations/conversations";
import type { PromptService } from "../conversations/prompts";
import type { Replies } from "../conversations/reply-resolver";
import { type BackendRouter, implement } from "./implement";

export interface ConversationRoutesDeps {
  conversations: Conversations;
  conversationPages: ConversationPages;
  prompts: PromptService;
}

export function serveConversations(
  router: BackendRouter,
  deps: ConversationRoutesDeps,
): void {
  const { conversations, conversationPages, prompts } = deps;
  implement(router, "listConversations", ({ query }, { ownerHash }) =>
    conversations.list(ownerHash, query),
  );
  implement(router, "createConversation", async ({ body }, caller) => {
    const { ownerHash, key } = caller;
    const created = await prompts.createConversation(ownerHash, body, key);
    return { ...created, ...sent(created.message) };
  });
  implement(router, "readConversation", ({ params, query }, { ownerHash }) => {
    const { messages: limit, before, known } = query;
    const wanted = { limit, before, known };
    return conversationPages.read(ownerHash, params.id, wanted);
  });
  implement(router, "changeConversation", ({ params, body }, { ownerHash }) =>
    conversations.change(ownerHash, params.id, body),
  );
  implement(router, "deleteConversation", async ({ params }, { ownerHash }) => {
    await conversations.delete(ownerHash, params.id);
    return undefined;
  });
  implement(router, "restoreConversation", ({ params }, { ownerHash }) =>
    conversations.restore(ownerHash, params.id),
  );
  serveMessages(router, deps);
}

function serveMessages(
  router: BackendRouter,
  { conversationPages, prompts }: ConversationRoutesDeps,
): void {
  implement(router, "listMessages", async ({ params, query }, caller) => {
    const { ownerHash } = caller;
    const page = await conversationPages.read(ownerHash, params.id, query);
    return { messages: page.messages, hasOlder: page.hasOlder };
  });
  implement(router, "sendMessage", async ({ params, body }, caller) => {
    const { ownerHash, key } = caller;
    return sent(await prompts.send(ownerHash, params.id, body, key));
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
  implement(router, "stopReply", async ({ params }, { ownerHash }) => {
    const { id, number } = params;
    await replies.stop(await prompts.replyRef(ownerHash, id, number));
    return undefined;
  });
  implement(router, "retryReply", async ({ params }, { ownerHash }) => {
    const { id, number } = params;
    await prompts.retry(ownerHash, id, number);
    return undefined;
  });
  implement(router, "regenerateReply", async ({ params }, caller) => {
    const { id, number } = params;
    const { ownerHash, key } = caller;
    return sent(await prompts.regenerate(ownerHash, id, number, key));
  });
}
