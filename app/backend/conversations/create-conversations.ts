import type { Models } from "../models/create-models";
import { ConversationValidator } from "./validator";
import {
  ConversationPages,
  type ConversationPagesDeps,
} from "./conversation-pages";
import { Conversations } from "./conversations";
import type { ConversationReplyRepository } from "./reply-repository";
import { ReplyResolver } from "./reply-resolver";
import { PromptService, type PromptServiceDeps } from "./prompts";

export interface CreateConversationsGiven
  extends
    Omit<PromptServiceDeps, "replyResolver">,
    Omit<ConversationPagesDeps, "replyResolver"> {
  models: Models;
  records: ConversationReplyRepository;
}

/** What conversations are, what their pages show, and what is said in them. */
export function createConversations(given: CreateConversationsGiven) {
  const { models, projects, replies, records } = given;
  const replyResolver = new ReplyResolver(replies, records);
  const pages = new ConversationPages({ ...given, replyResolver });
  const prompts = new PromptService({ ...given, replyResolver });
  const validator = new ConversationValidator(models, projects);
  const conversations = new Conversations({
    ...given,
    validator,
    prompts,
    pages,
  });
  return { conversations, conversationPages: pages, prompts };
}
