import type { Models } from "../models/create-models";
import {
  ConversationPages,
  type ConversationPagesDeps,
} from "./conversation-pages";
import { Conversations } from "./conversations";
import { PromptService, type PromptServiceDeps } from "./prompts";
import type { ConversationReplyRepository } from "./reply-repository";
import { ReplyResolver } from "./reply-resolver";
import { ConversationValidator } from "./validator";

type Made = "replyResolver" | "validator";

export interface CreateConversationsDeps
  extends Omit<PromptServiceDeps, Made>, Omit<ConversationPagesDeps, Made> {
  models: Models;
  repository: ConversationReplyRepository;
}

export function createConversations(given: CreateConversationsDeps) {
  const replyResolver = new ReplyResolver(given.replies, given.repository);
  const validator = new ConversationValidator(given.models, given.projects);
  const deps = { ...given, replyResolver, validator };
  const pages = new ConversationPages(deps);
  const prompts = new PromptService(deps);
  const conversations = new Conversations({ ...deps, prompts, pages });
  return { conversations, conversationPages: pages, prompts };
}
