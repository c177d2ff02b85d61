import type { Api, ApiContext } from "../backend-client/api";
import type { ReplyId } from "../streaming/follow-reply";

/** True if the conversation goes on after a reply, or messages wait for the visitor because it failed. */
export async function isContinued(
  api: Api,
  context: ApiContext,
  { id, number }: ReplyId,
): Promise<boolean> {
  try {
    // For all watchers, also if the first of them has left.
    const shared = { ...context, signal: undefined };
    const page = await api.readConversation(shared, id, { limit: 1 });
    const last = page.reply?.number ?? page.messages.at(-1)?.number ?? 0;
    return last > number || (page.queue ?? []).length > 0;
  } catch {
    // The end of the reply must be sent all the same.
    return false;
  }
}
