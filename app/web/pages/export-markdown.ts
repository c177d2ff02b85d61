import { isPrompt, type Message } from "../../core/domain/records";
import type { Api, ApiContext } from "../backend-client/api";

/** Messages that are read at once: with up to a megabyte each, they bound the memory. */
const MESSAGES = 20;

/** The newest thread of a conversation as Markdown, in pieces. @throws VisibleError */
export async function* exportMarkdown(
  api: Api,
  context: ApiContext,
  id: string,
): AsyncGenerator<string, void> {
  const read = (before: number | undefined) =>
    api.readConversation(context, id, { limit: MESSAGES, before, thread: 0 });
  const begins: (number | undefined)[] = [];
  let page = await read(undefined);
  const { title } = page.conversation;
  for (;;) {
    begins.unshift(begins.length === 0 ? undefined : lastOf(page.messages) + 1);
    const [first] = page.messages;
    if (!page.hasOlder || !first) break;
    page = await read(first.number);
  }
  yield `# ${title}\n`;
  for (const before of begins) {
    const { messages, reply } = await read(before);
    yield messages.map(toMarkdown).join("");
    if (before === undefined && reply) yield toMarkdown(reply);
  }
}

const lastOf = (messages: readonly Message[]): number =>
  messages.at(-1)?.number ?? 0;

function toMarkdown(message: Message | { modelName: string; text: string }) {
  const isYours = "role" in message && isPrompt(message);
  const author = isYours ? "You" : message.modelName;
  return `\n## ${author}\n\n${message.text.trim()}\n`;
}
