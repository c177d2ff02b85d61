import {
  type ConversationPage,
  type FileRef,
  isPrompt,
  type Message,
} from "../../../core/domain/records";
import type { Locale } from "../../../core/texts/locale";
import {
  type ExportSource,
  idsOf,
  messagesOf,
  readIfThere,
} from "./conversations";

/**
 * The newest thread of each conversation as one Markdown text, in pieces.
 *
 * @throws VisibleError if a part can't be read. The text is incomplete then.
 */
export async function* exportMarkdown(
  source: ExportSource,
  locale: Locale,
): AsyncGenerator<string, void> {
  let separator = "";
  for await (const id of idsOf(source)) {
    const newest = await readIfThere(source, id, 0);
    if (!newest) continue;
    yield separator;
    yield* exportConversation(source, locale, newest);
    separator = "\n";
  }
}

async function* exportConversation(
  source: ExportSource,
  locale: Locale,
  newest: ConversationPage,
): AsyncGenerator<string, void> {
  const write = (message: Written) => toMarkdown(locale, message);
  yield `# ${newest.conversation.title}\n`;
  for await (const messages of messagesOf(source, newest)) {
    yield messages.map(write).join("");
  }
  if (!newest.reply) return;
  yield write(newest.reply);
  if (newest.reply.status !== "writing") return;
  yield `\n_${locale.t("export.unfinished")}_\n`;
}

type Written = Message | { modelName: string; text: string };

function toMarkdown(locale: Locale, message: Written): string {
  const prompt = "role" in message && isPrompt(message) ? message : undefined;
  const author =
    "modelName" in message ? message.modelName : locale.t("chat.you");
  const files = (prompt?.files ?? []).map(fileLine).join("");
  return `\n## ${author}\n\n${message.text.trim()}\n${files && `\n${files}`}`;
}

/** A name must not become a link or an element. */
const fileLine = ({ name, type, bytes }: FileRef) =>
  `- ${name.replaceAll(/[\\`*_[\]<>&~|]/g, "\\$&")} (${type}, ${bytes} bytes)\n`;
