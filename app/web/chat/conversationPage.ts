import { randomUUID } from "node:crypto";
import type { ConversationPage, ReplyState } from "../../shared/records";
import type { Articles } from "./Articles";

/** Stands in the page where a reply that is written into it belongs. */
export const REPLY_PLACE = "<!--reply-->";

/** What `conversation.njk` needs of a conversation. */
export function viewConversation(
  articles: Articles,
  page: ConversationPage,
  options: { before: number | undefined; replyIntoPage: boolean },
): object {
  const { conversation, messages, hasOlder } = page;
  const address = `/conversations/${conversation.id}`;
  const reply = options.before === undefined ? page.reply : null;
  const isWriting = reply?.status === "writing";
  return {
    conversation,
    articles: [
      ...messages.map((message) =>
        articles.ofMessage(conversation.id, message),
      ),
      ...(reply ? [viewReply(articles, page, reply, options)] : []),
    ].join("\n"),
    older: hasOlder ? `${address}?before=${messages[0]?.number}` : undefined,
    newer: options.before === undefined ? undefined : address,
    replying: isWriting,
    composer: {
      action: `${address}/messages`,
      key: randomUUID(),
      modelWas: conversation.model,
      stop: isWriting ? `${address}/replies/${reply.number}/stop` : undefined,
    },
  };
}

function viewReply(
  articles: Articles,
  { conversation }: ConversationPage,
  reply: ReplyState,
  { replyIntoPage }: { replyIntoPage: boolean },
): string {
  const html = replyIntoPage ? REPLY_PLACE : undefined;
  return articles.ofReply(conversation.id, reply, html);
}
