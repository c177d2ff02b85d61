import { VisibleError } from "../../../core/domain/errors";
import type { FileRef, Message, Project } from "../../../core/domain/records";
import { fileAddress } from "../view-files";
import {
  type ExportSource,
  idsOf,
  MESSAGES,
  readIfThere,
} from "./conversations";

/** The number of the format: see docs/formats.md. */
export const FORMAT = 1;

/**
 * Conversations, and the projects of a visitor, as one JSON document, in pieces. Reads a few messages
 * at a time, so memory does not grow with their number.
 *
 * @throws VisibleError if a part can't be read. The document is incomplete then, and no longer JSON.
 */
export async function* exportJson(
  source: ExportSource,
  exportedAt: Date,
): AsyncGenerator<string, void> {
  const [projects, settings, links] = await Promise.all([
    projectsOf(source),
    settingsOf(source),
    linksOf(source),
  ]);
  const head = { format: FORMAT, exportedAt, settings, projects, links };
  yield `${JSON.stringify(head).slice(0, -1)},"conversations":[`;
  let separator = "\n";
  for await (const id of idsOf(source)) {
    const pieces = exportConversation(source, id);
    const first = await pieces.next();
    // Deleted since it was listed.
    if (first.done) continue;
    yield separator + first.value;
    yield* pieces;
    separator = ",\n";
  }
  yield "\n]}\n";
}

/** The shared links, if everything is exported and there are any. */
async function linksOf({ api, context, ids, base = "" }: ExportSource) {
  const links = ids ? [] : await api.listLinks(context);
  if (links.length === 0) return undefined;
  return links.map(({ token, ...link }) => ({
    ...link,
    href: `${base}/shared/${token}`,
  }));
}

/** All projects; those of the conversations, if some were chosen. */
async function projectsOf(source: ExportSource): Promise<Project[]> {
  const { projects } = await source.api.readOverview(source.context);
  if (!source.ids) return projects;
  const used = new Set<string | null>();
  for (const id of source.ids) {
    const page = await readIfThere(source, id);
    if (page) used.add(page.conversation.project);
  }
  return projects.filter(({ id }) => used.has(id));
}

/** Part of all data alone. An earlier version of the backend has none. */
async function settingsOf({ api, context, ids }: ExportSource) {
  if (ids) return undefined;
  try {
    return await api.readSettings(context);
  } catch (error) {
    if (error instanceof VisibleError && error.status === 404) return undefined;
    throw error;
  }
}

async function* exportConversation(
  source: ExportSource,
  id: string,
): AsyncGenerator<string, void> {
  const end = await readIfThere(source, id);
  if (!end) return;
  const { conversation, messages, reply, queue = [] } = end;
  const withAddress = withAddresses(source.base, id);
  const head = {
    ...conversation,
    unfinishedReply: reply ?? undefined,
    queue: queue.length > 0 ? queue.map(withAddress) : undefined,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"messages":[`;
  let separator = "\n";
  const write = (all: Message[]) => {
    const text = all
      .map(withAddress)
      .map((message) => JSON.stringify(message))
      .join(",\n");
    const piece = text === "" ? "" : separator + text;
    if (piece !== "") separator = ",\n";
    return piece;
  };
  const last = messages[0]?.number ?? 1;
  for (let from = 1; from < last; from += MESSAGES) {
    const before = Math.min(from + MESSAGES, last);
    for await (const some of messagesBetween(source, id, from, before)) {
      yield write(some);
    }
  }
  yield write(messages);
  yield "\n]}";
}

/** Adds the address to each file. */
const withAddresses =
  (base: string | undefined, conversation: string) =>
  <M extends object>(message: M & { files?: FileRef[] | undefined }) => {
    const files = message.files?.map((file) => ({
      ...file,
      href: (base ?? "") + fileAddress(conversation, file),
    }));
    return { ...message, files };
  };

/** A page of long messages has fewer of them: then the ones before it are read, too. */
async function* messagesBetween(
  source: ExportSource,
  id: string,
  from: number,
  before: number,
): AsyncGenerator<Message[], void> {
  const part = { limit: before - from, before };
  const { api, context } = source;
  const page = await api.readConversation(context, id, part);
  const messages = page.messages.filter(({ number }) => number >= from);
  const [first] = messages;
  if (first && first.number > from) {
    yield* messagesBetween(source, id, from, first.number);
  }
  yield messages;
}
