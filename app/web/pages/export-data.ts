import { VisibleError } from "../../core/domain/errors";
import type { Conversation, FileRef, Message } from "../../core/domain/records";
import type { Api, ApiContext } from "../backend-client/api";
import { fileAddress } from "./view-files";

/** Conversations that are read at once. */
const CONVERSATIONS = 100;
/** Messages that are read at once: with up to a megabyte each, they bound the memory. */
const MESSAGES = 20;

/**
 * All conversations and projects of a visitor as one JSON document, in pieces. Reads a few messages
 * at a time, so memory does not grow with their number.
 *
 * @throws VisibleError if a part can't be read. The document is incomplete then, and no longer JSON.
 */
export async function* exportData(
  api: Api,
  context: ApiContext,
  exportedAt: Date,
): AsyncGenerator<string, void> {
  const { projects } = await api.readOverview(context);
  const head = { format: 1, exportedAt, projects };
  yield `${JSON.stringify(head).slice(0, -1)},"conversations":[`;
  let separator = "\n";
  for await (const conversation of conversationsOf(api, context)) {
    const pieces = exportConversation(api, context, conversation);
    const first = await pieces.next();
    // Deleted since it was listed.
    if (first.done) continue;
    yield separator + first.value;
    yield* pieces;
    separator = ",\n";
  }
  yield "\n]}\n";
}

async function* conversationsOf(
  api: Api,
  context: ApiContext,
): AsyncGenerator<Conversation, void> {
  let cursor: string | undefined;
  do {
    const page = { limit: CONVERSATIONS, cursor };
    const { conversations, next } = await api.listConversations(context, page);
    yield* conversations;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

async function* exportConversation(
  api: Api,
  context: ApiContext,
  { id }: Conversation,
): AsyncGenerator<string, void> {
  const end = await readIfThere(api, context, id);
  if (!end) return;
  const { conversation, messages, reply, queue = [] } = end;
  const head = {
    ...conversation,
    unfinishedReply: reply ?? undefined,
    queue: queue.length > 0 ? queue.map(withAddresses(id)) : undefined,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`;
  let separator = "\n";
  const write = (all: Message[]) => {
    const text = all
      .map(withAddresses(id))
      .map((message) => JSON.stringify(message))
      .join(",\n");
    const piece = text === "" ? "" : separator + text;
    if (piece !== "") separator = ",\n";
    return piece;
  };
  const last = messages[0]?.number ?? 1;
  for (let from = 1; from < last; from += MESSAGES) {
    const before = Math.min(from + MESSAGES, last);
    for await (const some of messagesBetween(api, context, id, from, before)) {
      yield write(some);
    }
  }
  yield write(messages);
  yield "\n]}";
}

/** Adds the address to each file. */
const withAddresses =
  (conversation: string) =>
  <M extends object>(message: M & { files?: FileRef[] | undefined }) => {
    const files = message.files?.map((file) => ({
      ...file,
      href: fileAddress(conversation, file),
    }));
    return { ...message, files };
  };

/** A page of long messages has fewer of them: then the ones before it are read, too. */
async function* messagesBetween(
  api: Api,
  context: ApiContext,
  id: string,
  from: number,
  before: number,
): AsyncGenerator<Message[], void> {
  const part = { limit: before - from, before };
  const page = await api.readConversation(context, id, part);
  const messages = page.messages.filter(({ number }) => number >= from);
  const [first] = messages;
  if (first && first.number > from) {
    yield* messagesBetween(api, context, id, from, first.number);
  }
  yield messages;
}

async function readIfThere(api: Api, context: ApiContext, id: string) {
  try {
    return await api.readConversation(context, id, { limit: MESSAGES });
  } catch (error) {
    if (error instanceof VisibleError && error.status === 404) return undefined;
    throw error;
  }
}
