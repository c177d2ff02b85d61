import type { Models } from "../models/create-models";
import { Choices } from "./choices";
import {
  ConversationPages,
  type ConversationPagesParts,
} from "./conversation-pages";
import { Conversations } from "./conversations";
import type { RecordsOfReplies } from "./records-of-replies";
import { ReplyStates } from "./reply-states";
import { Turns, type TurnsParts } from "./turns";

export interface CreateConversationsGiven
  extends
    Omit<TurnsParts, "replyStates">,
    Omit<ConversationPagesParts, "replyStates"> {
  models: Models;
  records: RecordsOfReplies;
}

/** What conversations are, what their pages show, and what is said in them. */
export function createConversations(given: CreateConversationsGiven) {
  const { models, projects, replies, records } = given;
  const replyStates = new ReplyStates(replies, records);
  const pages = new ConversationPages({ ...given, replyStates });
  const turns = new Turns({ ...given, replyStates });
  const choices = new Choices(models, projects);
  const conversations = new Conversations({ ...given, choices, turns, pages });
  return { conversations, conversationPages: pages, turns };
}
