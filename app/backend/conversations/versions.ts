import {
  ConversationMovedOnError,
  VisibleError,
} from "../../core/domain/errors";
import { limits, type Prompt } from "../../core/domain/records";
import { firstVersion, turnOf, versionOf } from "../../core/domain/turns";
import type { MessageLog } from "./message-log";

/**
 * What a prompt has to say of the reply that it follows: nothing, if that is the newest.
 *
 * @param last The number of the last message.
 * @param follows The reply that it should follow; by default the newest.
 */
export async function olderVersion(
  log: MessageLog,
  last: number,
  follows: number | undefined,
): Promise<number | undefined> {
  const [newest, followed] = [turnOf(last), turnOf(follows ?? last)];
  if (follows === undefined || followed >= newest) return undefined;
  const prompt = await log.read(newest);
  return prompt && followed >= firstVersion(prompt) ? follows : undefined;
}

/**
 * Only the last prompt can be asked again, and not for ever.
 *
 * @param last The number of the last message.
 * @throws VisibleError (409)
 */
export function refuseIfNotLast(prompt: Prompt, last: number): void {
  if (turnOf(last) !== prompt.number) throw new ConversationMovedOnError();
  if (versionOf(prompt) + 1 < limits.versions) return;
  throw new VisibleError(
    409,
    `This was asked ${limits.versions} times already. Say in a message of your own what should be different.`,
  );
}
