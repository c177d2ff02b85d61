import type { Message } from "../../shared/records";
import type { Conversations } from "../conversations/Conversations";
import type { Replies } from "../replies/Replies";
import { type BackendRouter, implement } from "./implement";

/** What is said in conversations, and what becomes of them. */
export function serveConversations(
  router: BackendRouter,
  conversations: Conversations,
): void {
  implement(router, "listConversations", ({ query }, { ownerHash }) =>
    conversations.list(ownerHash, query),
  );
  implement(router, "createConversation", async ({ body }, caller) => {
    const { ownerHash, key } = caller;
    const created = await conversations.create(ownerHash, body, key);
    return { ...created, ...sent(created.message) };
  });
  implement(router, "readConversation", ({ params, query }, { ownerHash }) => {
    const { messages: limit, before, known } = query;
    return conversations.readPage(ownerHash, params.id, {
      limit,
      before,
      known,
    });
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
  serveMessages(router, conversations);
}

function serveMessages(
  router: BackendRouter,
  conversations: Conversations,
): void {
  implement(router, "listMessages", async ({ params, query }, caller) => {
    const page = await conversations.readPage(
      caller.ownerHash,
      params.id,
      query,
    );
    return { messages: page.messages, hasOlder: page.hasOlder };
  });
  implement(router, "sendMessage", async ({ params, body }, caller) => {
    const { ownerHash, key } = caller;
    return sent(await conversations.send(ownerHash, params.id, body, key));
  });
}

const sent = (message: Message) => ({
  message,
  reply: { number: message.number + 1 },
});

/** What can be done about a reply, other than following it. */
export function serveReplyActions(
  router: BackendRouter,
  {
    conversations,
    replies,
  }: { conversations: Conversations; replies: Replies },
): void {
  implement(router, "stopReply", async ({ params }, { ownerHash }) => {
    const { id, number } = params;
    await replies.stop(await conversations.replyRef(ownerHash, id, number));
    return undefined;
  });
  implement(router, "retryReply", async ({ params }, { ownerHash }) => {
    const { id, number } = params;
    await conversations.retry(ownerHash, id, number);
    return undefined;
  });
  implement(router, "regenerateReply", async ({ params }, caller) => {
    const { id, number } = params;
    const { ownerHash, key } = caller;
    return sent(await conversations.regenerate(ownerHash, id, number, key));
  });
}
