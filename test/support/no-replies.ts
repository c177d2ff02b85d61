import type { Replies } from "../../app/backend/conversations/reply-resolver";
import { NotFoundError } from "../../app/core/domain/errors";

const notFound = () => Promise.reject(new NotFoundError("reply"));

/**
 * Accepts prompts and never writes a reply, for tests of prompts only. Cannot notice a prompt without a
 * reply, one that is started twice, or a slot that is never released: `conversations.test.ts` does.
 */
export const noReplies: Replies = {
  reserveSlot: () => Promise.resolve(),
  releaseSlot: () => undefined,
  begin: () => Promise.resolve(),
  start: () => Promise.resolve(),
  isWriting: () => false,
  snapshot: () => Promise.resolve(undefined),
  stop: notFound,
  retry: notFound,
  continueWith: notFound,
  watchQueue: () => Promise.resolve(),
  continueQueue: () => Promise.resolve(),
};
