import { createHash } from "node:crypto";
import { VisibleError } from "../../../core/domain/errors";
import { fileTypes, kindOf } from "../../../core/domain/file-types";
import {
  type ConversationPage,
  type FileRef,
  isPrompt,
  type Message,
} from "../../../core/domain/records";
import type { Locale } from "../../../core/texts/locale";
import type { Assets } from "../../rendering/assets";
import { escape } from "../../rendering/escape";
import type { Render } from "../../rendering/views";
import {
  messageOf,
  type MessageRenderer,
  noticesOf,
} from "../message-renderer";
import { thoughtFor } from "../time";
import { viewFiles } from "../view-files";
import {
  type ExportSource,
  idsOf,
  messagesOf,
  readIfThere,
} from "./conversations";

export interface HtmlDeps {
  render: Render;
  assets: Assets;
  messages: Pick<MessageRenderer, "textOf">;
}

/** The bytes of all pictures in one document. Browsers open some hundred megabytes; others are named. */
const PICTURE_BYTES = 200 * 1024 * 1024;

/**
 * The newest thread of each conversation as one HTML document, in pieces. It has all that it shows: styles and
 * pictures are in it, nothing in it runs, and its policy forbids every request.
 *
 * @throws VisibleError if a part can't be read. The document is incomplete then.
 */
export async function* exportHtml(
  source: ExportSource,
  deps: HtmlDeps,
  { title, at, locale }: { title: string; at: Date; locale: Locale },
): AsyncGenerator<string, void> {
  const style = styleOf(deps.assets);
  const styleHash = createHash("sha256").update(style).digest("base64");
  const head = { title, style, styleHash, at: timeText(at.toISOString()) };
  yield deps.render(locale, "export-head.njk", head);
  const room = { bytes: PICTURE_BYTES };
  let number = 0;
  for await (const id of idsOf(source)) {
    const newest = await readIfThere(source, id, 0);
    if (!newest) continue;
    number += 1;
    yield* exportConversation({ source, deps, locale, newest, room, number });
  }
  yield "</main>\n</body>\n</html>\n";
}

const styleOf = (assets: Assets): string =>
  ["keepsake.css", "rich.css", "files.css", "export.css"]
    .map((name) => assets.text(name))
    .join("\n");

interface ConversationExport {
  source: ExportSource;
  deps: HtmlDeps;
  locale: Locale;
  newest: ConversationPage;
  /** Shared by all conversations. */
  room: { bytes: number };
  /** The place of the conversation in the document. */
  number: number;
}

async function* exportConversation(
  part: ConversationExport,
): AsyncGenerator<string, void> {
  const { source, deps, locale, newest } = part;
  const { conversation, reply } = newest;
  yield deps.render(locale, "export-conversation.njk", { conversation });
  for await (const messages of messagesOf(source, newest)) {
    for (const message of messages) yield* exportMessage(part, message);
  }
  if (reply) {
    const { text, reasoning, reasoningMs, reason } = reply;
    const ended = { text, reasoning, reasoningMs, reason };
    const isFailed = reply.status === "failed";
    const outcome = isFailed ? "failed" : "complete";
    const message = messageOf(reply, { ...ended, outcome });
    const notices = isFailed ? [] : [locale.t("export.unfinished")];
    yield* exportMessage(part, message, notices);
  }
  yield "</section>\n";
}

/** `2026-01-31 09:12 UTC`: no script changes it into local time. */
const timeText = (at: string) => `${at.slice(0, 16).replace("T", " ")} UTC`;

/** The place of the pictures in a message's HTML. */
const FILES = "<!--files-->";

async function* exportMessage(
  part: ConversationExport,
  message: Message,
  notices: readonly string[] = [],
): AsyncGenerator<string, void> {
  const { deps, locale, number } = part;
  const idPrefix = `c${number}-m${message.number}-`;
  const html = await deps.messages.textOf(locale, message, idPrefix);
  const article = deps.render(locale, "export-message.njk", {
    message: viewOf(locale, message, html, notices),
  });
  const files = isPrompt(message) ? (message.files ?? []) : [];
  // A text can't contain the mark: it is escaped there.
  const [before = "", after] = article.split(FILES);
  yield before;
  for (const file of files) yield* exportFile(part, file);
  yield after ?? "";
}

function viewOf(
  locale: Locale,
  message: Message,
  html: string,
  more: readonly string[],
): object {
  const { at } = message;
  const time = timeText(at);
  if (isPrompt(message)) {
    const hasFiles = message.files !== undefined;
    return { at, time, html, isYours: true, hasFiles };
  }
  const { modelName: author, reasoning, reasoningMs } = message;
  const thought = reasoning && thoughtFor(locale, reasoningMs);
  const notices = [...noticesOf(locale, message), ...more];
  return { at, time, html, author, reasoning, thought, notices };
}

/** A picture as it is, of any other file its name. */
async function* exportFile(
  part: ConversationExport,
  file: FileRef,
): AsyncGenerator<string, void> {
  const content = await openPicture(part, file);
  if (!content) {
    yield nameOf(part, file);
    return;
  }
  part.room.bytes -= file.bytes;
  yield `<li><img alt="${escape(file.name)}" src="data:${file.type};base64,`;
  yield* inBase64(content);
  yield '"></li>';
}

const nameOf = (
  { newest, locale }: ConversationExport,
  file: FileRef,
): string => {
  const [view] =
    viewFiles(locale, `/conversations/${newest.conversation.id}`, [file]) ?? [];
  return `<li class="file"><bdi>${escape(file.name)}</bdi> <span class="quiet">${view?.size ?? ""}</span></li>`;
};

async function openPicture(
  { source, newest, room }: ConversationExport,
  file: FileRef,
): Promise<AsyncIterable<Buffer> | undefined> {
  const isKnown = Object.hasOwn(fileTypes, file.type);
  if (!isKnown || kindOf(file) !== "image") return undefined;
  if (file.bytes > room.bytes) return undefined;
  const { api, context } = source;
  try {
    const found = await api.readFile(context, newest.conversation.id, file.id);
    return found.content as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof VisibleError && error.status === 404) return undefined;
    throw error;
  }
}

/** Three bytes are four characters: what is left of a piece waits for the next one. */
async function* inBase64(
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<string, void> {
  let rest = Buffer.alloc(0);
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece]);
    const end = bytes.length - (bytes.length % 3);
    yield bytes.toString("base64", 0, end);
    rest = bytes.subarray(end);
  }
  yield rest.toString("base64");
}
