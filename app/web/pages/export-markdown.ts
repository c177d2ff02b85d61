import {
  type FileRef,
  isPrompt,
  type Message,
} from "../../core/domain/records";
import type { Api, ApiContext } from "../backend-client/api";

/** Messages that are read at once: with up to a megabyte each, they bound the memory. */
const MESSAGES = 20;

/** The newest thread of a conversation as Markdown, in pieces. @throws VisibleError */
export async function* exportMarkdown(
  api: Api,
  context: ApiContext,
  id: string,
): AsyncGenerator<string, void> {
  const read = (before?: number) =>
    api.readConversation(context, id, { limit: MESSAGES, before, thread: 0 });
  const newest = await read();
  // The ends of the pages. Messages that are added meanwhile are not among them.
  const ends: number[] = [];
  for (let page = newest; ;) {
    ends.unshift(lastOf(page.messages) + 1);
    const [first] = page.messages;
    if (!page.hasOlder || !first) break;
    page = await read(first.number);
  }
  yield `# ${newest.conversation.title}\n`;
  for (const end of ends) {
    yield (await read(end)).messages.map(toMarkdown).join("");
  }
  if (newest.reply) yield toMarkdown(newest.reply);
}

const lastOf = (messages: readonly Message[]): number =>
  messages.at(-1)?.number ?? 0;

function toMarkdown(message: Message | { modelName: string; text: string }) {
  const prompt = "role" in message && isPrompt(message) ? message : undefined;
  const author = "modelName" in message ? message.modelName : "You";
  const files = (prompt?.files ?? []).map(fileLine).join("");
  return `\n## ${author}\n\n${message.text.trim()}\n${files && `\n${files}`}`;
}

/** A name must not become a link or an element. */
const fileLine = ({ name, type, bytes }: FileRef) =>
  `- ${name.replaceAll(/[\\`*_[\]<>&~|]/g, "\\$&")} (${type}, ${bytes} bytes)\n`;
