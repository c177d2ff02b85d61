import { VisibleError } from "../../../core/domain/errors";
import type {
  Conversation,
  ConversationPage,
  Message,
} from "../../../core/domain/records";
import type { Api, ApiContext } from "../../backend-client/api";

/** Conversations that are read at once. */
const CONVERSATIONS = 100;
/** Messages that are read at once. A page of long ones has fewer: `limits.pageCharacters` bounds the memory. */
export const MESSAGES = 100;

/** A source of conversations, and on whose behalf they are read. */
export interface ExportSource {
  api: Api;
  context: ApiContext;
  /** The conversations to export; by default all. Those that do not exist are left out. */
  ids?: readonly string[] | undefined;
  /** The path that addresses begin with; empty by default. */
  base?: string | undefined;
}

/** The ids of the conversations to export. */
export async function* idsOf(
  source: ExportSource,
): AsyncGenerator<string, void> {
  if (source.ids) {
    yield* source.ids;
    return;
  }
  for await (const { id } of conversationsOf(source)) yield id;
}

async function* conversationsOf({
  api,
  context,
}: ExportSource): AsyncGenerator<Conversation, void> {
  let cursor: string | undefined;
  do {
    const page = { limit: CONVERSATIONS, cursor, archived: "with" } as const;
    const { conversations, next } = await api.listConversations(context, page);
    yield* conversations;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** The end of a conversation; `undefined` if it does not exist. */
export async function readIfThere(
  { api, context }: ExportSource,
  id: string,
  thread?: number,
): Promise<ConversationPage | undefined> {
  try {
    const part = { limit: MESSAGES, thread };
    return await api.readConversation(context, id, part);
  } catch (error) {
    if (error instanceof VisibleError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * The messages of the newest thread, oldest first, a page at a time. Messages that are added meanwhile are not
 * among them.
 *
 * @param newest The end of the thread.
 */
export async function* messagesOf(
  { api, context }: ExportSource,
  newest: ConversationPage,
): AsyncGenerator<Message[], void> {
  const { id } = newest.conversation;
  const read = (before: number) =>
    api.readConversation(context, id, { limit: MESSAGES, before, thread: 0 });
  // The newest page is kept: it may be made of a known one, and longer than one that is read again.
  const befores: number[] = [];
  for (let page = newest; page.hasOlder && page.messages[0];) {
    const before = page.messages[0].number;
    befores.unshift(before);
    page = await read(before);
  }
  for (const before of befores) yield (await read(before)).messages;
  yield newest.messages;
}
