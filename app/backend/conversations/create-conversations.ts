import type { Models } from "../models/create-models";
import {
  ConversationPages,
  type ConversationPagesDeps,
} from "./conversation-pages";
import { Bin } from "./bin";
import { Conversations } from "./conversations";
import { PromptService, type PromptServiceDeps } from "./prompts";
import { Forks } from "./forks";
import type { ConversationReplyRepository } from "./reply-repository";
import { QueueService } from "./queue-service";
import { ReplyResolver } from "./reply-resolver";
import { ConversationValidator } from "./validator";

type Made = "replyResolver" | "validator" | "queue";

export interface CreateConversationsDeps
  extends Omit<PromptServiceDeps, Made>, Omit<ConversationPagesDeps, Made> {
  models: Models;
  repository: ConversationReplyRepository;
  /** See {@link Bin}. */
  restorableMs: number;
}

export function createConversations(shared: CreateConversationsDeps) {
  const replyResolver = new ReplyResolver(shared.replies, shared.repository);
  const validator = new ConversationValidator(shared.models, shared.projects);
  const queue = new QueueService(shared);
  const deps = { ...shared, replyResolver, validator, queue };
  const pages = new ConversationPages(deps);
  const prompts = new PromptService(deps);
  const conversations = new Conversations({ ...deps, prompts, pages });
  const bin = new Bin(deps);
  const forks = new Forks(deps);
  return {
    conversations,
    conversationPages: pages,
    prompts,
    queue,
    bin,
    forks,
  };
}
